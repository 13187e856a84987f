;;! expect = "trap"
;;! says = "call stack exhausted"

;; Two functions that call each other.
(module
  (memory (export "memory") 1)
  (func $ping (result i32) (i32.add (call $pong) (i32.const 1)))
  (func $pong (result i32) (i32.add (call $ping) (i32.const 1)))
  (func $main (export "_start") (drop (call $ping))))

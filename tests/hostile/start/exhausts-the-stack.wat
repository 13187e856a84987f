;;! expect = "trap"
;;! says = "call stack exhausted"

;; The stack's end is watched before `_start` too.
(module
  (memory (export "memory") 1)
  (func $before (result i32) (i32.add (call $before) (i32.const 1)))
  (func $first (drop (call $before)))
  (start $first)
  (func $main (export "_start")))

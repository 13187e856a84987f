;;! expect = "trap"
;;! says = "call stack exhausted"

;; The call is only known at run time.
(module
  (memory (export "memory") 1)
  (table 1 funcref)
  (elem (i32.const 0) $deep)
  (func $deep (result i32) (i32.add (call_indirect (result i32) (i32.const 0)) (i32.const 1)))
  (func $main (export "_start") (drop (call $deep))))

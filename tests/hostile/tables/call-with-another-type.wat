;;! expect = "trap"
;;! says = "indirect call type mismatch"

;; Calls a function as if it took a number and gave one: the heart of most escapes.
(module
  (memory (export "memory") 1)
  (table 1 funcref)
  (elem (i32.const 0) $takes_none)
  (func $takes_none)
  (func $main (export "_start")
    (drop (call_indirect (param i64) (result i64) (i64.const 0x4141414141414141) (i32.const 0)))))

;;! expect = "trap"
;;! says = "out of bounds memory access"
;;! backtrace = ["beyond", "main"]

;; No bytes at the very end are inside; no bytes one further are not.
(module
  (memory (export "memory") 1)
  (func $beyond (memory.fill (i32.const 65537) (i32.const 0) (i32.const 0)))
  (func $main (export "_start")
    (memory.fill (i32.const 65536) (i32.const 0) (i32.const 0))
    (call $beyond)))

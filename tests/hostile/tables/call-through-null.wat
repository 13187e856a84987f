;;! expect = "trap"
;;! says = "uninitialized element"
;;! backtrace = ["main"]

;; An element that nobody set.
(module
  (memory (export "memory") 1)
  (table 10 funcref)
  (func $main (export "_start") (call_indirect (i32.const 3))))

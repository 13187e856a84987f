;;! expect = "trap"
;;! says = "out of bounds memory access"
;;! backtrace = ["one", "main"]

;; A dropped segment has no bytes any more: none can be taken, and dropping twice does no harm.
(module
  (memory (export "memory") 1)
  (data $gone "abcd")
  (func $one (memory.init $gone (i32.const 0) (i32.const 0) (i32.const 1)))
  (func $main (export "_start")
    (data.drop $gone)
    (data.drop $gone)
    (memory.init $gone (i32.const 0) (i32.const 0) (i32.const 0))
    (call $one)))

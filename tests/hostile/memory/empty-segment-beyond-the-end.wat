;;! expect = "trap"
;;! says = "out of bounds memory access"

;; Even no bytes at all can't be put beyond the end.
(module
  (memory (export "memory") 0)
  (data (i32.const 1) "")
  (func $main (export "_start")))

;;! expect = "trap"
;;! says = "out of bounds table access"

;; An active element segment of which one is outside.
(module
  (memory (export "memory") 1)
  (table 2 funcref)
  (elem (i32.const 1) $main $main)
  (func $main (export "_start")))

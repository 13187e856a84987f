;;! expect = "trap"
;;! says = "out of bounds table access"

;; Offset 2^32 - 1.
(module
  (memory (export "memory") 1)
  (table 2 funcref)
  (elem (i32.const -1) $main)
  (func $main (export "_start")))

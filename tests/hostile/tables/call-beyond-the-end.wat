;;! expect = "trap"
;;! says = "out of bounds table access"

;; One past the last element.
(module
  (memory (export "memory") 1)
  (table 10 funcref)
  (func $main (export "_start") (call_indirect (i32.const 10))))

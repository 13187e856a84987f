;;! expect = "trap"
;;! says = "out of bounds table access"

;; The last element that is filled is outside.
(module
  (memory (export "memory") 1)
  (table $t 10 funcref)
  (func $main (export "_start")
    (table.fill $t (i32.const 1) (ref.null func) (i32.const 10))))

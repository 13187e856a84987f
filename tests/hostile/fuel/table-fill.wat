;;! expect = "fuel_exhausted"
;;! [limits]
;;! fuel = "10 M"

;; The same with the elements of a table.
(module
  (memory (export "memory") 1)
  (table $t 20000 funcref)
  (func $main (export "_start")
    (loop $again
      (table.fill $t (i32.const 0) (ref.null func) (i32.const 20000))
      (br $again))))

;;! expect = "trap"
;;! says = "out of bounds table access"
;;! [limits]
;;! fuel = "10 G"

;; From one table to another, with a length that wraps the end round to 0. There is fuel
;; for all that is asked for, so that the check is reached.
(module
  (memory (export "memory") 1)
  (table $a 10 funcref)
  (table $b 10 funcref)
  (func $main (export "_start")
    (table.copy $a $b (i32.const 10) (i32.const 0) (i32.const -10))))

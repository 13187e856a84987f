;;! expect = "trap"
;;! says = "out of bounds memory access"
;;! [limits]
;;! fuel = "10 G"

;; Destination and length together are 2^32: in 32 bits that is 0, which would be inside. Fuel is
;; taken for every byte that is asked for, so there must be enough of it to come to the check.
(module
  (memory (export "memory") 1)
  (func $main (export "_start")
    (memory.copy (i32.const 65536) (i32.const 0) (i32.const -65536))))

;;! expect = "fuel_exhausted"
;;! [limits]
;;! fuel = "10 M"

;; The same by copying.
(module
  (memory (export "memory") 32)
  (func $main (export "_start")
    (loop $again
      (memory.copy (i32.const 0) (i32.const 1048576) (i32.const 1048576))
      (br $again))))

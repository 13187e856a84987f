;;! expect = "trap"
;;! says = "integer divide by zero"

;; The processor's own fault, caught.
(module
  (memory (export "memory") 1)
  (func $main (export "_start")
    (drop (i64.rem_s (i64.const 1) (i64.load (i32.const 0))))))

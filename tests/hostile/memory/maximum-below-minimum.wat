;;! expect = "refused"
;;! rule = "invalid"
;;! says = "minimum must not be greater than maximum"

;; A memory that can't be.
(module
  (memory (export "memory") 2 1)
  (func $main (export "_start")))

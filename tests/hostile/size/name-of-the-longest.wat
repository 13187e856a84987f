;;! expect = "refused"
;;! rule = "foreign_import"
;;! says = "nnnnnnnnnn"

;; An import whose module and name have a hundred thousand bytes each: the refusal names it.
(module
  (import "<<m * 100000>>" "<<n * 100000>>" (func))
  (memory (export "memory") 1)
  (func $main (export "_start")))

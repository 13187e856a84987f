;;! expect = "refused"
;;! rule = "too_demanding"

;; Five tables where any run has room for four.
(module
  (memory (export "memory") 1)
  (table 1 funcref) (table 1 funcref) (table 1 funcref) (table 1 funcref) (table 1 funcref)
  (func $main (export "_start")))

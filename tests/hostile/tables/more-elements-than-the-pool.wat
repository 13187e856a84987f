;;! expect = "refused"
;;! rule = "too_demanding"

;; More elements at the start than any slot of the pool has.
(module
  (memory (export "memory") 1)
  (table 20001 funcref)
  (func $main (export "_start")))

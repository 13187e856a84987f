;;! expect = "refused"
;;! rule = "too_demanding"

;; More at the start than any slot of the pool has (64 MiB under the ceiling of these cases).
(module
  (memory (export "memory") 1025)
  (func $main (export "_start")))

;;! expect = "memory_exceeded"
;;! [limits]
;;! tables = 1

;; Two tables where the policy allows one.
(module
  (memory (export "memory") 1)
  (table 1 funcref) (table 1 funcref)
  (func $main (export "_start")))

;;! expect = "memory_exceeded"
;;! denied = ["table.grow 11 elements (tables)"]
;;! [limits]
;;! table_elements = 10

;; More elements at the start than the policy allows.
(module
  (memory (export "memory") 1)
  (table 11 funcref)
  (func $main (export "_start")))

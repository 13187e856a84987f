;;! expect = "memory_exceeded"
;;! says = "a table of 101 elements"
;;! denied = ["table.grow 101 elements (tables)"]
;;! [limits]
;;! table_elements = 100

;; One element more.
(module
  (memory (export "memory") 1)
  (table $t 1 funcref)
  (func $main (export "_start")
    (if (i32.eq (table.grow $t (ref.null func) (i32.const 100)) (i32.const -1)) (then unreachable))))

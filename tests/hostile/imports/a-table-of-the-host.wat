;;! expect = "refused"
;;! rule = "foreign_import"

;; A table of the host's would hold functions of others.
(module
  (import "env" "__indirect_function_table" (table 1 funcref))
  (memory (export "memory") 1)
  (func $main (export "_start")))

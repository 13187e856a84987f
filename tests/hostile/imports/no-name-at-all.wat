;;! expect = "refused"
;;! rule = "foreign_import"
;;! says = "``::``"

;; Empty names.
(module
  (import "" "" (func))
  (memory (export "memory") 1)
  (func $main (export "_start")))

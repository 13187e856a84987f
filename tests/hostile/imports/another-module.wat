;;! expect = "refused"
;;! rule = "foreign_import"
;;! says = "`env`::`abort`"

;; A function of nobody's.
(module
  (import "env" "abort" (func))
  (memory (export "memory") 1)
  (func $main (export "_start")))

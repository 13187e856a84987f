;;! expect = "refused"
;;! rule = "foreign_import"
;;! says = "`ocode:host/shell@0.2.0`::`get-random-u64`"

;; A shell.
(component
  (import "ocode:host/shell@0.2.0" (instance (export "get-random-u64" (func (result u64)))))
  (core module $m (func (export "run") (result i32) (i32.const 0)))
  (core instance $main (instantiate $m))
  ;;@command
)

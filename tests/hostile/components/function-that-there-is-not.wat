;;! expect = "refused"
;;! rule = "foreign_import"
;;! says = "`wasi:random/random@0.2.0`::`get-shell`"

;; A function that this interface does not have.
(component
  (import "wasi:random/random@0.2.0" (instance (export "get-shell" (func))))
  (core module $m (func (export "run") (result i32) (i32.const 0)))
  (core instance $main (instantiate $m))
  ;;@command
)

;;! expect = "refused"
;;! rule = "foreign_import"
;;! says = "`wasi:random/random@0.4.0`::`get-random-u64`"

;; An interface of a WASI that there is not yet.
(component
  (import "wasi:random/random@0.4.0" (instance (export "get-random-u64" (func (result u64)))))
  (core module $m (func (export "run") (result i32) (i32.const 0)))
  (core instance $main (instantiate $m))
  ;;@command
)

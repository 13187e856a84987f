;;! expect = "refused"
;;! rule = "foreign_import"
;;! says = "`wasi:random/random`::`get-random-u64`"

;; An interface of WASI without its version.
(component
  (import "wasi:random/random" (instance (export "get-random-u64" (func (result u64)))))
  (core module $m (func (export "run") (result i32) (i32.const 0)))
  (core instance $main (instantiate $m))
  ;;@command
)

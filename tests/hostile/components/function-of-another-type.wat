;;! expect = "refused"
;;! rule = "import_type"
;;! says = "get-random-u64"

;; A function of WASI that is said to give a text.
(component
  (import "wasi:random/random@0.2.0" (instance (export "get-random-u64" (func (result string)))))
  (core module $m (func (export "run") (result i32) (i32.const 0)))
  (core instance $main (instantiate $m))
  ;;@command
)

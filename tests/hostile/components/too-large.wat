;;! expect = "refused"
;;! rule = "too_large"

;; A component of seventeen megabytes where sixteen are allowed.
(component
  (core module $m (memory 300) (data (i32.const 0) "<<a * 17_000_000>>")
    (func (export "run") (result i32) (i32.const 0)))
  (core instance $main (instantiate $m))
  ;;@command
)

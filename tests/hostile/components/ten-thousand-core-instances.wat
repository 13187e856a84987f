;;! expect = "refused"
;;! rule = "invalid"
;;! says = "instances count"

;; More core instances than any component may have.
(component
  (core module $m (func (export "run") (result i32) (i32.const 0)))
  ;;@repeat 10000
  (core instance (instantiate $m))
  ;;@end
  (core instance $main (instantiate $m))
  ;;@command
)

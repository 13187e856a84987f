;;! expect = "memory_exceeded"
;;! says = "instance count too high at 5"
;;! [limits]
;;! instances = 4

;; Five core instances where four are allowed.
(component
  (core module $m (func (export "run") (result i32) (i32.const 0)))
  ;;@repeat 4
  (core instance (instantiate $m))
  ;;@end
  (core instance $main (instantiate $m))
  ;;@command
)

;;! expect = "tool_error"
;;! exit = 1
;;! [limits]
;;! instances = 4

;; Four core instances where four are allowed.
(component
  (core module $m (func (export "run") (result i32) (i32.const 1)))
  ;;@repeat 3
  (core instance (instantiate $m))
  ;;@end
  (core instance $main (instantiate $m))
  ;;@command
)

;;! expect = "tool_error"
;;! exit = 1

;; Ninety components, each inside the one before, and nobody wants any of them.
(component
  ;;@repeat 90
  (component
  ;;@end
  ;;@repeat 90
  )
  ;;@end
  (core module $m (func (export "run") (result i32) (i32.const 1)))
  (core instance $main (instantiate $m))
  ;;@command
)

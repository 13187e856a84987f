;;! expect = "refused"
;;! rule = "too_demanding"
;;! says = "1001 core module instances"
;;! [limits]
;;! instances = 1_000

;; One core instance more than any policy can allow, by way of components inside.
(component
  (component $ten
    (core module $m)
    ;;@repeat 10
    (core instance (instantiate $m))
    ;;@end
  )
  ;;@repeat 100
  (instance (instantiate $ten))
  ;;@end
  (core module $m (func (export "run") (result i32) (i32.const 0)))
  (core instance $main (instantiate $m))
  ;;@command
)

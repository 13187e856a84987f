;;! expect = "refused"
;;! rule = "too_demanding"
;;! says = "200001 core instances"

;; Each component has ten instances of the one before: two hundred thousand core instances in a few lines.
(component
  (component $c0
    (core module $m)
    (core instance (instantiate $m)))
  (component $c1
    (alias outer 1 $c0 (component $c))
    ;;@repeat 10
    (instance (instantiate $c))
    ;;@end
  )
  (component $c2
    (alias outer 1 $c1 (component $c))
    ;;@repeat 10
    (instance (instantiate $c))
    ;;@end
  )
  (component $c3
    (alias outer 1 $c2 (component $c))
    ;;@repeat 10
    (instance (instantiate $c))
    ;;@end
  )
  (component $c4
    (alias outer 1 $c3 (component $c))
    ;;@repeat 10
    (instance (instantiate $c))
    ;;@end
  )
  ;;@repeat 20
  (instance (instantiate $c4))
  ;;@end
  (core module $m (func (export "run") (result i32) (i32.const 0)))
  (core instance $main (instantiate $m))
  ;;@command
)

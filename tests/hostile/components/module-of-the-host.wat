;;! expect = "refused"
;;! rule = "foreign_import"
;;! says = "`shell`"

;; Wants a whole module from the host.
(component
  (import "shell" (core module (export "run" (func (result i32)))))
  (core module $m (func (export "run") (result i32) (i32.const 0)))
  (core instance $main (instantiate $m))
  ;;@command
)

;;! expect = "trap"
;;! says = "unreachable"

;; A resource of its own whose end traps.
(component
  (core module $end (func (export "end") (param i32) unreachable))
  (core instance $end (instantiate $end))
  (type $thing (resource (rep i32) (dtor (core func $end "end"))))
  (core func $new (canon resource.new $thing))
  (core func $drop (canon resource.drop $thing))
  (core module $m
    (import "env" "new" (func $new (param i32) (result i32)))
    (import "env" "drop" (func $drop (param i32)))
    (func (export "run") (result i32)
      (call $drop (call $new (i32.const 7)))
      (i32.const 0)))
  (core instance $main (instantiate $m
    (with "env" (instance (export "new" (func $new)) (export "drop" (func $drop))))))
  ;;@command
)

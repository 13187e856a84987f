;;! expect = "memory_exceeded"
;;! says = "10000 resources"

;; Makes resources of a type of its own, which no function of the host sees: the host remembers
;; each handle.
(component
  (type $thing (resource (rep i32)))
  (core func $new (canon resource.new $thing))
  (core module $m
    (import "env" "new" (func $new (param i32) (result i32)))
    (func (export "run") (result i32)
      (loop $again (drop (call $new (i32.const 7))) (br $again))
      unreachable))
  (core instance $main (instantiate $m
    (with "env" (instance (export "new" (func $new))))))
  ;;@command
)

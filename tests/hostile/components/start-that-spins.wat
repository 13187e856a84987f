;;! expect = "fuel_exhausted"
;;! [limits]
;;! fuel = "1 M"

;; A core start function without end: instantiation is work too.
(component
  (core module $m
    (func $spin (loop $again (br $again)))
    (start $spin)
    (func (export "run") (result i32) (i32.const 0)))
  (core instance $main (instantiate $m))
  ;;@command
)

;;! expect = "memory_exceeded"
;;! says = "10000 resources"

;; Sets a timer again and again and drops none.
(component
  ;;@use monotonic
  ;;@memory
  ;;@lower sleep monotonic subscribe-duration
  (core module $main-module
    (import "env" "memory" (memory 1))
    (import "env" "sleep" (func $sleep (param i64) (result i32)))
    (func (export "run") (result i32)
      (loop $again (drop (call $sleep (i64.const 1))) (br $again))
      unreachable))
  ;;@main
  ;;@command
)

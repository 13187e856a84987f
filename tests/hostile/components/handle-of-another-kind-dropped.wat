;;! expect = "trap"
;;! says = "wrong type"

;; Drops a clock as if it were a stream.
(component
  ;;@use streams stdout monotonic
  ;;@memory
  ;;@lower sleep monotonic subscribe-duration
  ;;@drop forget $output-type
  (core module $main-module
    (import "env" "memory" (memory 1))
    (import "env" "sleep" (func $sleep (param i64) (result i32)))
    (import "env" "forget" (func $forget (param i32)))
    (func (export "run") (result i32)
      (call $forget (call $sleep (i64.const 1)))
      (i32.const 0)))
  ;;@main
  ;;@command
)

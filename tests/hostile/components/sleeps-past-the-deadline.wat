;;! expect = "deadline_exceeded"
;;! [limits]
;;! wall_time = "100 ms"
;;! [capabilities]
;;! clocks = "real"

;; Sleeps for an hour on a real clock.
(component
  ;;@use monotonic poll
  ;;@memory
  ;;@lower sleep monotonic subscribe-duration
  ;;@lower block poll [method]pollable.block
  (core module $main-module
    (import "env" "memory" (memory 1))
    (import "env" "sleep" (func $sleep (param i64) (result i32)))
    (import "env" "block" (func $block (param i32)))
    (func (export "run") (result i32)
      (call $block (call $sleep (i64.const 3600000000000)))
      (i32.const 0)))
  ;;@main
  ;;@command
)

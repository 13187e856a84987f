;;! expect = "tool_error"
;;! exit = 1

;; Sleeps as long as there are nanoseconds, twice: without a real clock that takes no time, and
;; sums do not wrap round.
(component
  ;;@use monotonic poll
  ;;@memory
  ;;@lower sleep monotonic subscribe-duration
  ;;@lower block poll [method]pollable.block
  ;;@lower now monotonic now
  (core module $main-module
    (import "env" "memory" (memory 1))
    (import "env" "sleep" (func $sleep (param i64) (result i32)))
    (import "env" "block" (func $block (param i32)))
    (import "env" "now" (func $now (result i64)))
    (func (export "run") (result i32)
      (call $block (call $sleep (i64.const -1)))
      (call $block (call $sleep (i64.const -1)))
      (i64.eq (call $now) (i64.const -1))))
  ;;@main
  ;;@command
)

;;! expect = "trap"
;;! says = "nothing to poll"

;; Waits for nothing at all, which would be for ever.
(component
  ;;@use monotonic poll
  ;;@memory
  ;;@lower sleep monotonic subscribe-duration
  ;;@lower poll poll poll
  (core module $main-module
    (import "env" "memory" (memory 1))
    (import "env" "sleep" (func $sleep (param i64) (result i32)))
    (import "env" "poll" (func $poll (param i32 i32 i32)))
    (func (export "run") (result i32)
      (call $poll (i32.const 0) (i32.const 0) (i32.const 64))
      (i32.const 0)))
  ;;@main
  ;;@command
)

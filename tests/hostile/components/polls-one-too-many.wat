;;! expect = "trap"
;;! says = "4097 pollables"

;; One more than is allowed at once.
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
      (local $clock i32) (local $at i32)
      (local.set $clock (call $sleep (i64.const 1000)))
      (local.set $at (i32.const 1024))
      (loop $again
        (i32.store (local.get $at) (local.get $clock))
        (local.set $at (i32.add (local.get $at) (i32.const 4)))
        (br_if $again (i32.lt_u (local.get $at) (i32.const 17412))))
      (call $poll (i32.const 1024) (i32.const 4097) (i32.const 64))
      (i32.ne (i32.load (i32.const 68)) (i32.const 4097))))
  ;;@main
  ;;@command
)

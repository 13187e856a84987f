;;! expect = "trap"
;;! says = "wrong type"

;; Writes to a clock.
(component
  ;;@use streams stdout monotonic
  ;;@memory
  ;;@lower get-stdout stdout get-stdout
  ;;@lower write streams [method]output-stream.write
  ;;@lower sleep monotonic subscribe-duration
  (core module $main-module
    (import "env" "memory" (memory 1))
    (import "env" "get-stdout" (func $get-stdout (result i32)))
    (import "env" "write" (func $write (param i32 i32 i32 i32)))
    (import "env" "sleep" (func $sleep (param i64) (result i32)))
    (func (export "run") (result i32)
      (call $write (call $sleep (i64.const 1)) (i32.const 0) (i32.const 4) (i32.const 64))
      (i32.const 0)))
  ;;@main
  ;;@command
)

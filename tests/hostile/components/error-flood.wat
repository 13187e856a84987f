;;! expect = "tool_error"
;;! exit = 1
;;! stderr_bytes = 65536

;; Writes megabytes to standard error: the beginning is kept.
(component
  ;;@use streams stderr
  ;;@memory
  ;;@lower get-stderr stderr get-stderr
  ;;@lower zeroes streams [method]output-stream.write-zeroes
  (core module $main-module
    (import "env" "memory" (memory 1))
    (import "env" "get-stderr" (func $get-stderr (result i32)))
    (import "env" "zeroes" (func $zeroes (param i32 i64 i32)))
    (func (export "run") (result i32)
      (local $err i32) (local $left i32)
      (local.set $err (call $get-stderr))
      (local.set $left (i32.const 1000))
      (loop $again
        (call $zeroes (local.get $err) (i64.const 65536) (i32.const 64))
        (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
      (i32.const 1)))
  ;;@main
  ;;@command
)

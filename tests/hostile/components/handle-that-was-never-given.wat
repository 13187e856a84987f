;;! expect = "trap"
;;! says = "unknown handle index 1234"

;; Writes to a stream by a number of its own.
(component
  ;;@use streams stdout
  ;;@memory
  ;;@lower get-stdout stdout get-stdout
  ;;@lower write streams [method]output-stream.write
  (core module $main-module
    (import "env" "memory" (memory 1))
    (import "env" "get-stdout" (func $get-stdout (result i32)))
    (import "env" "write" (func $write (param i32 i32 i32 i32)))
    (func (export "run") (result i32)
      (call $write (i32.const 1234) (i32.const 0) (i32.const 4) (i32.const 64))
      (i32.const 0)))
  ;;@main
  ;;@command
)

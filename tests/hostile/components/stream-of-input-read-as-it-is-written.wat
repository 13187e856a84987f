;;! expect = "trap"
;;! says = "wrong type"

;; Writes to standard input.
(component
  ;;@use streams stdin
  ;;@memory
  ;;@lower get-stdin stdin get-stdin
  ;;@lower write streams [method]output-stream.write
  (core module $main-module
    (import "env" "memory" (memory 1))
    (import "env" "get-stdin" (func $get-stdin (result i32)))
    (import "env" "write" (func $write (param i32 i32 i32 i32)))
    (func (export "run") (result i32)
      (call $write (call $get-stdin) (i32.const 0) (i32.const 4) (i32.const 64))
      (i32.const 0)))
  ;;@main
  ;;@command
)

;;! expect = "trap"
;;! says = "out of bounds"

;; Writes bytes that lie across the end of its memory.
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
      (call $write (call $get-stdout) (i32.const 65530) (i32.const 7) (i32.const 64))
      (i32.const 0)))
  ;;@main
  ;;@command
)

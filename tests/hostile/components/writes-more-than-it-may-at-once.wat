;;! expect = "trap"
;;! says = "65537 bytes were written at once"

;; Writes one byte more than check-write says.
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
      (if (i32.ne (memory.grow (i32.const 1)) (i32.const 1)) (then unreachable))
      (call $write (call $get-stdout) (i32.const 0) (i32.const 65537) (i32.const 64))
      (i32.const 0)))
  ;;@main
  ;;@command
)

;;! expect = "trap"
;;! stdout = "\u0000"
;;! says = "out of bounds"

;; Says that the answer is to be written where the memory has long ended.
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
      (call $write (call $get-stdout) (i32.const 0) (i32.const 1) (i32.const -8))
      (i32.const 0)))
  ;;@main
  ;;@command
)

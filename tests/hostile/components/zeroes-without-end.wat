;;! expect = "trap"
;;! says = "zeroes were written at once"

;; Writes as many zeroes as there are numbers for: the host makes no list of that length.
(component
  ;;@use streams stdout
  ;;@memory
  ;;@lower get-stdout stdout get-stdout
  ;;@lower zeroes streams [method]output-stream.write-zeroes
  (core module $main-module
    (import "env" "memory" (memory 1))
    (import "env" "get-stdout" (func $get-stdout (result i32)))
    (import "env" "zeroes" (func $zeroes (param i32 i64 i32)))
    (func (export "run") (result i32)
      (call $zeroes (call $get-stdout) (i64.const -1) (i32.const 64))
      (i32.const 0)))
  ;;@main
  ;;@command
)

;;! expect = "success"
;;! stdout = "[1,2,3]"
;;! input = "[1,2,3]"

;; Moves as many bytes as there are numbers for from standard input to standard output.
(component
  ;;@use streams stdin stdout
  ;;@memory
  ;;@lower get-stdin stdin get-stdin
  ;;@lower splice streams [method]output-stream.splice
  ;;@lower get-stdout stdout get-stdout
  (core module $main-module
    (import "env" "memory" (memory 1))
    (import "env" "get-stdin" (func $get-stdin (result i32)))
    (import "env" "splice" (func $splice (param i32 i32 i64 i32)))
    (import "env" "get-stdout" (func $get-stdout (result i32)))
    (func (export "run") (result i32)
      (call $splice (call $get-stdout) (call $get-stdin) (i64.const -1) (i32.const 64))
      (i64.ne (i64.load (i32.const 72)) (i64.const 7))))
  ;;@main
  ;;@command
)

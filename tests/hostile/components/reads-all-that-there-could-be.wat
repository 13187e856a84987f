;;! expect = "success"
;;! stdout = "[1,2,3]"
;;! input = "[1,2,3]"

;; Reads as many bytes as there are numbers for: it gets what there is.
(component
  ;;@use streams stdin stdout
  ;;@memory
  ;;@lower get-stdin stdin get-stdin
  ;;@lower read streams [method]input-stream.read
  ;;@lower get-stdout stdout get-stdout
  ;;@lower write streams [method]output-stream.write
  (core module $main-module
    (import "env" "memory" (memory 1))
    (import "env" "get-stdin" (func $get-stdin (result i32)))
    (import "env" "read" (func $read (param i32 i64 i32)))
    (import "env" "get-stdout" (func $get-stdout (result i32)))
    (import "env" "write" (func $write (param i32 i32 i32 i32)))
    (func (export "run") (result i32)
      (call $read (call $get-stdin) (i64.const -1) (i32.const 64))
      (call $write (call $get-stdout) (i32.load (i32.const 68)) (i32.load (i32.const 72)) (i32.const 96))
      (i32.load8_u (i32.const 96))))
  ;;@main
  ;;@command
)

;;! expect = "output_exceeded"
;;! stdout_bytes = 1048576

;; Writes to standard output without end.
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
      (local $out i32)
      (local.set $out (call $get-stdout))
      (loop $again
        (call $write (local.get $out) (i32.const 0) (i32.const 65536) (i32.const 0))
        (br $again))
      unreachable))
  ;;@main
  ;;@command
)

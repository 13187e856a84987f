;;! expect = "trap"
;;! says = "unknown handle index"

;; Drops a stream twice.
(component
  ;;@use streams stdout
  ;;@memory
  ;;@lower get-stdout stdout get-stdout
  ;;@drop forget $output-type
  (core module $main-module
    (import "env" "memory" (memory 1))
    (import "env" "get-stdout" (func $get-stdout (result i32)))
    (import "env" "forget" (func $forget (param i32)))
    (func (export "run") (result i32)
      (local $out i32)
      (local.set $out (call $get-stdout))
      (call $forget (local.get $out))
      (call $forget (local.get $out))
      (i32.const 0)))
  ;;@main
  ;;@command
)

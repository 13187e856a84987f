;;! expect = "trap"
;;! says = "children"

;; Drops a stream that a pollable still waits for.
(component
  ;;@use streams stdin
  ;;@memory
  ;;@lower get-stdin stdin get-stdin
  ;;@lower subscribe streams [method]input-stream.subscribe
  ;;@drop forget $input-type
  (core module $main-module
    (import "env" "memory" (memory 1))
    (import "env" "get-stdin" (func $get-stdin (result i32)))
    (import "env" "subscribe" (func $subscribe (param i32) (result i32)))
    (import "env" "forget" (func $forget (param i32)))
    (func (export "run") (result i32)
      (local $in i32)
      (local.set $in (call $get-stdin))
      (drop (call $subscribe (local.get $in)))
      (call $forget (local.get $in))
      (i32.const 0)))
  ;;@main
  ;;@command
)

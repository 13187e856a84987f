;;! expect = "memory_exceeded"
;;! says = "10000 resources"

;; Takes standard output again and again and drops none: the host remembers each.
(component
  ;;@use streams stdout
  ;;@memory
  ;;@lower get-stdout stdout get-stdout
  (core module $main-module
    (import "env" "memory" (memory 1))
    (import "env" "get-stdout" (func $get-stdout (result i32)))
    (func (export "run") (result i32)
      (loop $again (drop (call $get-stdout)) (br $again))
      unreachable))
  ;;@main
  ;;@command
)

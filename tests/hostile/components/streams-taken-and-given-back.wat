;;! expect = "tool_error"
;;! exit = 1

;; Takes standard output a hundred thousand times and drops it each time: nothing is left of it.
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
      (local $left i32)
      (local.set $left (i32.const 100000))
      (loop $again
        (call $forget (call $get-stdout))
        (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
      (i32.const 1)))
  ;;@main
  ;;@command
)

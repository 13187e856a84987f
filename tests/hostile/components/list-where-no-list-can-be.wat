;;! expect = "trap"
;;! says = "not aligned"

;; The room for a list of texts is said to be out of line.
(component
  ;;@use environment
  (core module $memory-module
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1025)))
  (core instance $memory (instantiate $memory-module))
  (alias core export $memory "memory" (core memory $mem))
  (alias core export $memory "realloc" (core func $realloc))
  ;;@lower arguments environment get-arguments
  (core module $main-module
    (import "env" "memory" (memory 1))
    (import "env" "arguments" (func $arguments (param i32)))
    (func (export "run") (result i32)
      (call $arguments (i32.const 0)) (i32.const 0)))
  ;;@main
  ;;@command
)

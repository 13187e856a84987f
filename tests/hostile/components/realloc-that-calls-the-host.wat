;;! expect = "trap"
;;! says = "cannot leave"

;; While the host makes room for what it gives, the guest calls it again.
(component
  ;;@use random environment
  (core module $memory-module (memory (export "memory") 1))
  (core instance $memory (instantiate $memory-module))
  (alias core export $memory "memory" (core memory $mem))
  (alias export $random "get-random-u64" (func $number-func))
  (core func $number (canon lower (func $number-func)))
  (core module $room-module
    (import "env" "number" (func $number (result i64)))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (drop (call $number)) (i32.const 1024)))
  (core instance $room (instantiate $room-module
    (with "env" (instance (export "number" (func $number))))))
  (alias core export $room "realloc" (core func $realloc))
  ;;@lower arguments environment get-arguments
  (core module $main-module
    (import "env" "memory" (memory 1))
    (import "env" "arguments" (func $arguments (param i32)))
    (func (export "run") (result i32)
      (call $arguments (i32.const 0)) (i32.const 0)))
  ;;@main
  ;;@command
)

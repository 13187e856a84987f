;;! expect = "tool_error"
;;! exit = 1
;;! denied = ["create-tcp-socket a TCP socket (no grant covers it) (network)"]

;; Makes a socket: none is given, and the attempt is recorded.
(component
  ;;@use create-tcp
  ;;@memory
  ;;@lower create create-tcp create-tcp-socket
  (core module $main-module
    (import "env" "memory" (memory 1))
    (import "env" "create" (func $create (param i32 i32)))
    (func (export "run") (result i32)
      (call $create (i32.const 0) (i32.const 64))
      (i32.load8_u (i32.const 64))))
  ;;@main
  ;;@command
)

;;! expect = "trap"
;;! says = "call stack exhausted"

;; Calls itself without end: the stack of a component ends where that of a module does.
(component
  ;;@memory
  (core module $main-module
    (import "env" "memory" (memory 1))
    (func $deeper (param i64 i64 i64) (result i64)
      (i64.add (call $deeper (local.get 0) (local.get 1) (local.get 2)) (i64.const 1)))
    (func (export "run") (result i32)
      (i32.wrap_i64 (call $deeper (i64.const 1) (i64.const 2) (i64.const 3)))))
  ;;@main
  ;;@command
)

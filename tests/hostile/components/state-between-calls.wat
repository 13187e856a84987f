;;! expect = "tool_error"
;;! exit = 1

;; Looks whether memory, global and table are as new, and leaves a pattern everywhere: no later call
;; of it sees that.
(component
  ;;@memory
  (core module $main-module
    (import "env" "memory" (memory 1))
    (global $number (mut i64) (i64.const 7))
    (table $functions 10 funcref)
    (elem declare func $mark)
    (func $mark)
    (func (export "run") (result i32)
      (local $at i32)
      (if (i64.ne (global.get $number) (i64.const 7)) (then unreachable))
      (if (i32.eqz (ref.is_null (table.get $functions (i32.const 3)))) (then unreachable))
      (if (i32.ne (memory.grow (i32.const 1)) (i32.const 1)) (then unreachable))
      (loop $again
        (if (i64.ne (i64.load (local.get $at)) (i64.const 0)) (then unreachable))
        (i64.store (local.get $at) (i64.const -1))
        (br_if $again (i32.lt_u
          (local.tee $at (i32.add (local.get $at) (i32.const 8))) (i32.const 131072))))
      (global.set $number (i64.const 8))
      (table.set $functions (i32.const 3) (ref.func $mark))
      (i32.const 1)))
  ;;@main
  ;;@command
)

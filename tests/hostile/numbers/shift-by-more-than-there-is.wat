;;! expect = "tool_error"
;;! exit = 42

;; Shifts by more bits than a number has go by the rest, on every processor.
(module
  ;;@wasi proc_exit
  (memory (export "memory") 1)
  (data (i32.const 0) "\21\00\00\00")
  (func $main (export "_start")
    (if (i32.ne (i32.shl (i32.const 1) (i32.load (i32.const 0))) (i32.const 2)) (then unreachable))
    (if (i64.ne (i64.shl (i64.const 1) (i64.add (i64.const 64) (i64.load (i32.const 64)))) (i64.const 1)) (then unreachable))
    (call $proc_exit (i32.const 42))))

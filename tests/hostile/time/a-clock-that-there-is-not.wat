;;! expect = "tool_error"
;;! exit = 42

;; The clocks of processes and threads, and numbers that are no clock at all: EBADF for each.
(module
  ;;@wasi clock_time_get clock_res_get proc_exit
  (memory (export "memory") 1)
  (func $main (export "_start")
    (if (i32.ne (call $clock_time_get (i32.const 2) (i64.const 0) (i32.const 0)) (i32.const 8)) (then unreachable))
    (if (i32.ne (call $clock_time_get (i32.const 3) (i64.const 0) (i32.const 0)) (i32.const 8)) (then unreachable))
    (if (i32.ne (call $clock_time_get (i32.const -1) (i64.const -1) (i32.const 0)) (i32.const 8)) (then unreachable))
    (if (i32.ne (call $clock_res_get (i32.const 4) (i32.const 0)) (i32.const 8)) (then unreachable))
    (call $proc_exit (i32.const 42))))

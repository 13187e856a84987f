;;! expect = "tool_error"
;;! exit = 42

;; 2^64 - 1 nanoseconds on a virtual clock, twice: it stops at its end and does not wrap round to
;; where it began.
(module
  ;;@wasi poll_oneoff clock_time_get proc_exit
  (memory (export "memory") 1)
  (func $sleep
    (if (call $poll_oneoff (i32.const 0) (i32.const 128) (i32.const 1) (i32.const 256))
      (then unreachable)))
  (func $main (export "_start")
    (i32.store (i32.const 16) (i32.const 1))
    (i64.store (i32.const 24) (i64.const -1))
    (call $sleep)
    (call $sleep)
    (if (call $clock_time_get (i32.const 1) (i64.const 0) (i32.const 512)) (then unreachable))
    (if (i64.ne (i64.load (i32.const 512)) (i64.const -1)) (then unreachable))
    (if (call $clock_time_get (i32.const 0) (i64.const 0) (i32.const 512)) (then unreachable))
    (if (i64.ne (i64.load (i32.const 512)) (i64.const -1)) (then unreachable))
    (call $proc_exit (i32.const 42))))

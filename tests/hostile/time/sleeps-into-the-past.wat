;;! expect = "tool_error"
;;! exit = 42

;; Until 1970: it is over at once, and the clock does not go back.
(module
  ;;@wasi poll_oneoff clock_time_get proc_exit
  (memory (export "memory") 1)
  (func $main (export "_start")
    (i32.store16 (i32.const 40) (i32.const 1))
    (if (call $poll_oneoff (i32.const 0) (i32.const 128) (i32.const 1) (i32.const 256))
      (then unreachable))
    (drop (call $clock_time_get (i32.const 0) (i64.const 0) (i32.const 512)))
    (if (i64.lt_u (i64.load (i32.const 512)) (i64.const 946684800000000000)) (then unreachable))
    (call $proc_exit (i32.const 42))))

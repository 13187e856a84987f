;;! expect = "deadline_exceeded"
;;! [limits]
;;! wall_time = "50 ms"
;;! [capabilities]
;;! clocks = "real"

;; The same as a point of the wall clock's time, in the year 2200.
(module
  ;;@wasi poll_oneoff
  (memory (export "memory") 1)
  (func $main (export "_start")
    (i32.store (i32.const 16) (i32.const 0))
    (i64.store (i32.const 24) (i64.const 7258118400000000000))
    (i32.store16 (i32.const 40) (i32.const 1))
    (drop (call $poll_oneoff (i32.const 0) (i32.const 128) (i32.const 1) (i32.const 256)))))

;;! expect = "deadline_exceeded"
;;! [limits]
;;! wall_time = "50 ms"
;;! [capabilities]
;;! clocks = "real"

;; 2^64 - 1 nanoseconds: now and that together are more than any clock holds.
(module
  ;;@wasi poll_oneoff
  (memory (export "memory") 1)
  (func $main (export "_start")
    (i32.store (i32.const 16) (i32.const 1))
    (i64.store (i32.const 24) (i64.const -1))
    (drop (call $poll_oneoff (i32.const 0) (i32.const 128) (i32.const 1) (i32.const 256)))))

;;! expect = "tool_error"
;;! exit = 42

;; Four thousand subscriptions that are all alike: each is answered, and time goes on once.
(module
  ;;@wasi poll_oneoff clock_time_get proc_exit
  (memory (export "memory") 8)
  (func $main (export "_start")
    (local $i i32)
    (loop $again
      (i32.store offset=16 (i32.mul (local.get $i) (i32.const 48)) (i32.const 1))
      (i64.store offset=24 (i32.mul (local.get $i) (i32.const 48)) (i64.const 1000000))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 4000))))
    (if (call $poll_oneoff (i32.const 0) (i32.const 200000) (i32.const 4000) (i32.const 400000))
      (then unreachable))
    (if (i32.ne (i32.load (i32.const 400000)) (i32.const 4000)) (then unreachable))
    (drop (call $clock_time_get (i32.const 1) (i64.const 0) (i32.const 400008)))
    (if (i64.ne (i64.load (i32.const 400008)) (i64.const 1001000)) (then unreachable))
    (call $proc_exit (i32.const 42))))

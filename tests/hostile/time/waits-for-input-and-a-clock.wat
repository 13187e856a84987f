;;! expect = "tool_error"
;;! exit = 42

;; Standard input at its end, a closed descriptor and an hour: whatever can be had at once ends it.
(module
  ;;@wasi poll_oneoff proc_exit
  (memory (export "memory") 1)
  (func $main (export "_start")
    (i32.store (i32.const 16) (i32.const 1))
    (i64.store (i32.const 24) (i64.const 3600000000000))
    (i32.store8 (i32.const 56) (i32.const 1))
    (i32.store8 (i32.const 104) (i32.const 2))
    (i32.store (i32.const 112) (i32.const 77))
    (if (call $poll_oneoff (i32.const 0) (i32.const 512) (i32.const 3) (i32.const 256))
      (then unreachable))
    (call $proc_exit (i32.const 42))))

;;! expect = "tool_error"
;;! exit = 42

;; The answers are written over the questions: what was asked must have been read before.
(module
  ;;@wasi poll_oneoff proc_exit
  (memory (export "memory") 1)
  (func $main (export "_start")
    (i64.store (i32.const 0) (i64.const 11))
    (i32.store (i32.const 16) (i32.const 1))
    (i64.store (i32.const 48) (i64.const 22))
    (i32.store (i32.const 64) (i32.const 1))
    (if (call $poll_oneoff (i32.const 0) (i32.const 0) (i32.const 2) (i32.const 256))
      (then unreachable))
    (if (i64.ne (i64.load (i32.const 0)) (i64.const 11)) (then unreachable))
    (if (i64.ne (i64.load (i32.const 32)) (i64.const 22)) (then unreachable))
    (call $proc_exit (i32.const 42))))

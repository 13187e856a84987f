;;! expect = "tool_error"
;;! exit = 21

;; The first buffer is good, the second wraps round: nothing of either is written.
(module
  ;;@wasi fd_write proc_exit
  (memory (export "memory") 1)
  (func $main (export "_start")
    (i32.store (i32.const 0) (i32.const 64))
    (i32.store (i32.const 4) (i32.const 1))
    (i32.store (i32.const 8) (i32.const -1))
    (i32.store (i32.const 12) (i32.const 2))
    (call $proc_exit (call $fd_write (i32.const 1) (i32.const 0) (i32.const 2) (i32.const 32)))))

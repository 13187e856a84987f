;;! expect = "tool_error"
;;! exit = 21

;; A buffer of which the last byte is outside: EFAULT, and nothing of it is written.
(module
  ;;@wasi fd_write proc_exit
  (memory (export "memory") 1)
  (func $main (export "_start")
    (i32.store (i32.const 0) (i32.const 65535))
    (i32.store (i32.const 4) (i32.const 2))
    (call $proc_exit (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))

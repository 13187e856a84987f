;;! expect = "tool_error"
;;! exit = 42

;; Reads from standard output and error, and writes to standard input: EBADF for each.
(module
  ;;@wasi fd_read fd_write proc_exit
  (memory (export "memory") 1)
  (data (i32.const 0) "\10\00\00\00\01\00\00\00")
  (func $main (export "_start")
    (if (i32.ne (call $fd_read (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)) (i32.const 8)) (then unreachable))
    (if (i32.ne (call $fd_read (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 8)) (i32.const 8)) (then unreachable))
    (if (i32.ne (call $fd_write (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)) (i32.const 8)) (then unreachable))
    (call $proc_exit (i32.const 42))))

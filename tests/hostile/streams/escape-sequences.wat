;;! expect = "tool_error"
;;! exit = 1
;;! stderr = "\u001b]0;owned\u0007\u001b[2J"

;; What a terminal would obey is data here.
(module
  ;;@wasi fd_write proc_exit
  (memory (export "memory") 1)
  (data (i32.const 0) "\10\00\00\00\0e\00\00\00")
  (data (i32.const 16) "\1b]0;owned\07\1b[2J")
  (func $main (export "_start")
    (drop (call $fd_write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 8)))
    (call $proc_exit (i32.const 1))))

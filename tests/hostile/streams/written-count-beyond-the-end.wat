;;! expect = "tool_error"
;;! exit = 21

;; There is no place to say how much was written: then nothing is.
(module
  ;;@wasi fd_write proc_exit
  (memory (export "memory") 1)
  (data (i32.const 0) "\10\00\00\00\01\00\00\00")
  (func $main (export "_start")
    (call $proc_exit (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 65533)))))

;;! expect = "tool_error"
;;! exit = 21

;; The list of the buffers is outside itself.
(module
  ;;@wasi fd_write proc_exit
  (memory (export "memory") 1)
  (func $main (export "_start")
    (call $proc_exit (call $fd_write (i32.const 1) (i32.const -8) (i32.const 2) (i32.const 0)))))

;;! expect = "tool_error"
;;! exit = 28

;; To wait for nothing would be to wait for ever: EINVAL.
(module
  ;;@wasi poll_oneoff proc_exit
  (memory (export "memory") 1)
  (func $main (export "_start")
    (call $proc_exit
      (call $poll_oneoff (i32.const 0) (i32.const 128) (i32.const 0) (i32.const 256)))))

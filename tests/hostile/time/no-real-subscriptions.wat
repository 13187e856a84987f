;;! expect = "tool_error"
;;! exit = 28
;;! [capabilities]
;;! clocks = "real"

;; The same with the host's clocks.
(module
  ;;@wasi poll_oneoff proc_exit
  (memory (export "memory") 1)
  (func $main (export "_start")
    (call $proc_exit
      (call $poll_oneoff (i32.const 0) (i32.const 128) (i32.const 0) (i32.const 256)))))

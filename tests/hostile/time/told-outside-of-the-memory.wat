;;! expect = "tool_error"
;;! exit = 21

;; The time is to be written where there is no memory: EFAULT.
(module
  ;;@wasi clock_time_get proc_exit
  (memory (export "memory") 1)
  (func $main (export "_start")
    (call $proc_exit (call $clock_time_get (i32.const 0) (i64.const 0) (i32.const 65532)))))

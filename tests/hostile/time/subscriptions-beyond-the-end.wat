;;! expect = "tool_error"
;;! exit = 21

;; The second of two lies outside of the memory: EFAULT.
(module
  ;;@wasi poll_oneoff proc_exit
  (memory (export "memory") 1)
  (func $main (export "_start")
    (call $proc_exit
      (call $poll_oneoff (i32.const 65488) (i32.const 0) (i32.const 2) (i32.const 256)))))

;;! expect = "tool_error"
;;! exit = 28

;; Asks to be told of ten thousand clocks at once. That is EINVAL: more than 4096 are not looked at.
(module
  ;;@wasi poll_oneoff proc_exit
  (memory (export "memory") 16)
  (func $main (export "_start")
    (call $proc_exit
      (call $poll_oneoff (i32.const 0) (i32.const 524288) (i32.const 10000) (i32.const 1000000)))))

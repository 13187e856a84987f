;;! expect = "tool_error"
;;! exit = 28

;; 2^32 - 1 of them: times 48 bytes that wraps round to a small number.
(module
  ;;@wasi poll_oneoff proc_exit
  (memory (export "memory") 1)
  (func $main (export "_start")
    (call $proc_exit
      (call $poll_oneoff (i32.const 0) (i32.const 0) (i32.const -1) (i32.const 0)))))

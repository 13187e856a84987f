;;! expect = "tool_error"
;;! exit = 21

;; 2^32 - 1 random bytes: EFAULT, before one is made.
(module
  ;;@wasi random_get proc_exit
  (memory (export "memory") 1)
  (func $main (export "_start") (call $proc_exit (call $random_get (i32.const 0) (i32.const -1)))))

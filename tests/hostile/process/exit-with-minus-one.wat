;;! expect = "tool_error"
;;! exit = -1

;; A code that no process could end with.
(module
  ;;@wasi proc_exit
  (memory (export "memory") 1)
  (func $main (export "_start") (call $proc_exit (i32.const -1))))

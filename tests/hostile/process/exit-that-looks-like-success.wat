;;! expect = "tool_error"
;;! exit = 256

;; 256 is 0 in the eight bits that a shell sees.
(module
  ;;@wasi proc_exit
  (memory (export "memory") 1)
  (func $main (export "_start") (call $proc_exit (i32.const 256))))

;;! expect = "tool_error"
;;! exit = 7

;; Leaves before it began; what it says is taken as its end.
(module
  ;;@wasi proc_exit
  (memory (export "memory") 1)
  (func $before (call $proc_exit (i32.const 7)))
  (start $before)
  (func $main (export "_start") unreachable))

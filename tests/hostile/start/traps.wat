;;! expect = "trap"
;;! says = "unreachable"
;;! backtrace = ["before"]

;; `_start` would end well, but is never reached.
(module
  ;;@wasi proc_exit
  (memory (export "memory") 1)
  (func $before unreachable)
  (start $before)
  (func $main (export "_start") (call $proc_exit (i32.const 0))))

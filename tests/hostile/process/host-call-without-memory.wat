;;! expect = "tool_error"
;;! exit = 21

;; A memory of no pages at all: every pointer of a host call is outside of it.
(module
  ;;@wasi random_get proc_exit
  (memory (export "memory") 0)
  (func $main (export "_start") (call $proc_exit (call $random_get (i32.const 0) (i32.const 1)))))

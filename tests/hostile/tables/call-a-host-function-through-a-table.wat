;;! expect = "tool_error"
;;! exit = 42

;; With its right type a host function may be called through a table like any other.
(module
  ;;@wasi proc_exit
  (memory (export "memory") 1)
  (table 1 funcref)
  (elem (i32.const 0) $proc_exit)
  (func $main (export "_start")
    (call_indirect (param i32) (i32.const 42) (i32.const 0))))

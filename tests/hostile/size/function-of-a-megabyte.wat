;;! expect = "tool_error"
;;! exit = 42

;; A function of a megabyte: allowed, and compiled in a time that a caller can wait for.
(module
  ;;@wasi proc_exit
  (memory (export "memory") 1)
  (func $main (export "_start")
    ;;@repeat 54000
    v128.const i64x2 {i} 0 drop
    ;;@end
    (call $proc_exit (i32.const 42))))

;;! expect = "tool_error"
;;! exit = 42

;; As many segments as there may be, of one byte each, all at the same place.
(module
  ;;@wasi proc_exit
  (memory (export "memory") 1)
  ;;@repeat 99999
  (data (i32.const 0) "x")
  ;;@end
  (data (i32.const 0) "\2a")
  (func $main (export "_start") (call $proc_exit (i32.load8_u (i32.const 0)))))

;;! expect = "tool_error"
;;! exit = 42

;; Many small ones, all of the same name.
(module
  ;;@wasi proc_exit
  (memory (export "memory") 1)
  (func $main (export "_start") (call $proc_exit (i32.const 42)))
  ;;@repeat 10000
  (@custom "what" "x")
  ;;@end
  )

;;! expect = "tool_error"
;;! exit = 42

;; A hundred thousand functions, of which one is called through the last.
(module
  ;;@wasi proc_exit
  (memory (export "memory") 1)
  (func $f (param i32) (call $proc_exit (local.get 0)))
  ;;@repeat 100000
  (func (param i32))
  ;;@end
  (func $main (export "_start") (call $f (i32.const 42))))

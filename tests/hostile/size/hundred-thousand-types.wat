;;! expect = "tool_error"
;;! exit = 42

;; A hundred thousand types that are all the same: the engine keeps one of them.
(module
  ;;@wasi proc_exit
  ;;@repeat 100000
  (type (func (param i32 i64)))
  ;;@end
  (memory (export "memory") 1)
  (func $main (export "_start") (call $proc_exit (i32.const 42))))

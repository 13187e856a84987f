;;! expect = "tool_error"
;;! exit = 42

;; A hundred thousand names for one function: looking `_start` up must not walk through them.
(module
  ;;@wasi proc_exit
  (memory (export "memory") 1)
  (func $main (export "_start") (call $proc_exit (i32.const 42)))
  ;;@repeat 100000
  (export "e{i}" (func $main))
  ;;@end
  )

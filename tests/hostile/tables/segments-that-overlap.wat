;;! expect = "tool_error"
;;! exit = 42

;; The later one wins, whatever the engine fills in ahead of time.
(module
  ;;@wasi proc_exit
  (memory (export "memory") 1)
  (table 3 funcref)
  (elem (i32.const 0) $wrong $wrong $wrong)
  (elem (i32.const 1) $right)
  (func $wrong unreachable)
  (func $right (call $proc_exit (i32.const 42)))
  (func $main (export "_start") (call_indirect (i32.const 1))))

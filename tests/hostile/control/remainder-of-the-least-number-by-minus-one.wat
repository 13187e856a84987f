;;! expect = "tool_error"
;;! exit = 42

;; The remainder is 0 and no trap, although the processor's instruction faults.
(module
  ;;@wasi proc_exit
  (memory (export "memory") 1)
  (data (i32.const 0) "\ff\ff\ff\ff\ff\ff\ff\ff")
  (func $main (export "_start")
    (if (i32.rem_s (i32.const 0x80000000) (i32.load (i32.const 0))) (then unreachable))
    (if (i64.ne (i64.rem_s (i64.const 0x8000000000000000) (i64.load (i32.const 0))) (i64.const 0))
      (then unreachable))
    (call $proc_exit (i32.const 42))))

;;! expect = "tool_error"
;;! exit = 42

;; As many locals as there may be: all of them are zero, whatever the stack held before.
(module
  ;;@wasi proc_exit
  (memory (export "memory") 1)
  (func $many (result i64)
    (local
    ;;@repeat 49999
    i64
    ;;@end
    )
    (local $last i64)
    (i64.or (local.get 0) (i64.or (local.get 25000) (local.get $last))))
  (func $main (export "_start")
    (if (i64.ne (call $many) (i64.const 0)) (then unreachable))
    (call $proc_exit (i32.const 42))))

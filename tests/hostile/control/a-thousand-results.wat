;;! expect = "tool_error"
;;! exit = 42

;; A function that gives a thousand values at once, which go by memory.
(module
  ;;@wasi proc_exit
  (memory (export "memory") 1)
  (func $many (result
    ;;@repeat 1000
    i64
    ;;@end
    )
    ;;@repeat 1000
    (i64.const {i})
    ;;@end
    )
  (func $main (export "_start")
    call $many
    ;;@repeat 999
    drop
    ;;@end
    i64.const 0
    i64.ne
    if unreachable end
    (call $proc_exit (i32.const 42))))

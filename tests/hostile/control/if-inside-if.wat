;;! expect = "tool_error"
;;! exit = 42

;; Three thousand conditions inside each other, none known before the run.
(module
  ;;@wasi proc_exit
  (memory (export "memory") 1)
  (func $main (export "_start")
    ;;@repeat 3000
    i32.const {i}
    i32.load8_u
    if
    ;;@end
    unreachable
    ;;@repeat 3000
    end
    ;;@end
    (call $proc_exit (i32.const 42))))

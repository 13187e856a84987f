;;! expect = "tool_error"
;;! exit = 42

;; Ten thousand blocks inside each other: whoever walks them by recursion runs out of stack.
(module
  ;;@wasi proc_exit
  (memory (export "memory") 1)
  (func $main (export "_start")
    ;;@repeat 10000
    block
    ;;@end
    ;;@repeat 10000
    end
    ;;@end
    (call $proc_exit (i32.const 42))))

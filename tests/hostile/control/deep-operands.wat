;;! expect = "tool_error"
;;! exit = 42

;; A hundred thousand operands on the stack before the first is used.
(module
  ;;@wasi proc_exit
  (memory (export "memory") 1)
  (func $main (export "_start")
    i32.const 42
    ;;@repeat 100000
    i32.const 0
    ;;@end
    ;;@repeat 100000
    i32.add
    ;;@end
    call $proc_exit))

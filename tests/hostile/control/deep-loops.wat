;;! expect = "tool_error"
;;! exit = 42

;; Three hundred loops inside each other: loop analysis has to survive it.
(module
  ;;@wasi proc_exit
  (memory (export "memory") 1)
  (func $main (export "_start")
    ;;@repeat 300
    loop
    ;;@end
    ;;@repeat 300
    (br_if 0 (i32.load (i32.const 0)))
    end
    ;;@end
    (call $proc_exit (i32.const 42))))

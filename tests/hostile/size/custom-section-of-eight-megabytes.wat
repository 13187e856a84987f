;;! expect = "tool_error"
;;! exit = 42

;; What nobody reads does no harm, however much it is.
(module
  ;;@wasi proc_exit
  (memory (export "memory") 1)
  (func $main (export "_start") (call $proc_exit (i32.const 42)))
  (@custom "what"
    ;;@repeat 800
    "<<0123456789 * 1000>>"
    ;;@end
    ))

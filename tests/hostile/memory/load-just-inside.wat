;;! expect = "tool_error"
;;! exit = 42

;; The last bytes of all widths are inside: the guard must not begin a byte early.
(module
  ;;@wasi proc_exit
  (memory (export "memory") 1)
  (func $main (export "_start")
    (drop (i32.load8_u (i32.const 65535)))
    (drop (i32.load16_u (i32.const 65534)))
    (drop (i32.load (i32.const 65532)))
    (drop (i64.load (i32.const 65528)))
    (drop (v128.load (i32.const 65520)))
    (drop (i32.load8_u offset=65535 (i32.const 0)))
    (call $proc_exit (i32.const 42))))

;;! expect = "tool_error"
;;! exit = 42
;;! peak_pages = 1024

;; One byte at the start and one at the end of 64 MiB: an image that holds both would be 64 MiB.
(module
  ;;@wasi proc_exit
  (memory (export "memory") 1024)
  (data (i32.const 0) "a")
  (data (i32.const 67108863) "z")
  (func $main (export "_start")
    (if (i32.ne (i32.load8_u (i32.const 67108863)) (i32.const 122)) (then unreachable))
    (if (i32.load8_u (i32.const 67108862)) (then unreachable))
    (call $proc_exit (i32.const 42))))

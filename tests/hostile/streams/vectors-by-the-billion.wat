;;! expect = "tool_error"
;;! exit = 42

;; 2^31 vectors, and 2^32 - 1: no more than 1024 are looked at, and those are empty.
(module
  ;;@wasi fd_write proc_exit
  (memory (export "memory") 1)
  (func $main (export "_start")
    (if (call $fd_write (i32.const 1) (i32.const 0) (i32.const 0x80000000) (i32.const 65532)) (then unreachable))
    (if (call $fd_write (i32.const 2) (i32.const 0) (i32.const -1) (i32.const 65532)) (then unreachable))
    (call $proc_exit (i32.const 42))))

;;! expect = "success"
;;! stdout = "\"0123456789\""
;;! input = "\"0123456789\""

;; The input is read over the list of buffers that says where it goes.
(module
  ;;@wasi fd_read fd_write
  (memory (export "memory") 1)
  (func $main (export "_start")
    (i32.store (i32.const 0) (i32.const 0))
    (i32.store (i32.const 4) (i32.const 1000))
    (if (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 2000)) (then unreachable))
    (i32.store (i32.const 1000) (i32.const 0))
    (i32.store (i32.const 1004) (i32.load (i32.const 2000)))
    (if (call $fd_write (i32.const 1) (i32.const 1000) (i32.const 1) (i32.const 2000)) (then unreachable))))

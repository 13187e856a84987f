;;! expect = "invalid_output"
;;! stdout_bytes = 6
;;! stderr_bytes = 6

;; Bytes that are no UTF-8, inside quotes, on both streams: they come through as they are.
(module
  ;;@wasi fd_write
  (memory (export "memory") 1)
  (data (i32.const 0) "\10\00\00\00\06\00\00\00")
  (data (i32.const 16) "\"\ff\fe\c0\80\"")
  (func $main (export "_start")
    (drop (call $fd_write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 8)))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))

;;! expect = "output_exceeded"
;;! stdout_bytes = 1048576
;;! peak_pages = 1024

;; 63 MiB to standard output by one call. No more is copied than may be kept.
(module
  ;;@wasi fd_write
  (memory (export "memory") 1024)
  (data (i32.const 0) "\00\00\01\00\00\00\f0\03")
  (func $main (export "_start")
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
    unreachable))

;;! expect = "output_exceeded"
;;! stdout_bytes = 10
;;! [limits]
;;! output = "10 B"

;; Standard output under the number of standard error is still standard output, with its limit.
(module
  ;;@wasi fd_renumber fd_write
  (memory (export "memory") 1)
  (data (i32.const 0) "\10\00\00\00\0b\00\00\00")
  (func $main (export "_start")
    (if (call $fd_renumber (i32.const 1) (i32.const 2)) (then unreachable))
    (drop (call $fd_write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 8)))
    unreachable))

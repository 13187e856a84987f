;;! expect = "output_exceeded"
;;! stdout_bytes = 1000
;;! [limits]
;;! output = "1000 B"

;; Byte by byte for ever.
(module
  ;;@wasi fd_write
  (memory (export "memory") 1)
  (data (i32.const 0) "\10\00\00\00\01\00\00\00")
  (func $main (export "_start")
    (loop $again
      (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
      (br $again))))

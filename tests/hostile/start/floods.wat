;;! expect = "output_exceeded"
;;! stdout_bytes = 1048576

;; Output counts from the first function on.
(module
  ;;@wasi fd_write
  (memory (export "memory") 2)
  (data (i32.const 0) "\10\00\00\00\00\00\01\00")
  (func $before
    (loop $again
      (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
      (br $again)))
  (start $before)
  (func $main (export "_start")))

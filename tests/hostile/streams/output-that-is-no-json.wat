;;! expect = "invalid_output"
;;! stdout = "{\"a\": "

;; Ends well, and what it said is half a value.
(module
  ;;@wasi fd_write
  (memory (export "memory") 1)
  (data (i32.const 0) "\10\00\00\00\06\00\00\00")
  (data (i32.const 16) "{\"a\": ")
  (func $main (export "_start")
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))

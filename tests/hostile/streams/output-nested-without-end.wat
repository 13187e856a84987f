;;! expect = "invalid_output"
;;! stdout_bytes = 100000
;;! says = "recursion limit"

;; A hundred thousand brackets: whoever reads JSON by recursion must count.
(module
  ;;@wasi fd_write
  (memory (export "memory") 4)
  (data (i32.const 0) "\10\00\00\00\a0\86\01\00")
  (func $main (export "_start")
    (memory.fill (i32.const 16) (i32.const 0x5b) (i32.const 100000))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))

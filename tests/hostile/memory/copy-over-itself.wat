;;! expect = "success"
;;! stdout = "1123456"

;; Source and destination overlap: the result is that of a copy through another place.
(module
  ;;@wasi fd_write
  (memory (export "memory") 1)
  (data (i32.const 0) "\10\00\00\00\07\00\00\00")
  (data (i32.const 16) "1234567")
  (func $main (export "_start")
    (memory.copy (i32.const 17) (i32.const 16) (i32.const 6))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))

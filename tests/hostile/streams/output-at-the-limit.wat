;;! expect = "success"
;;! stdout = "[1,2,3]"
;;! [limits]
;;! output = "7 B"

;; Exactly as much as is allowed.
(module
  ;;@wasi fd_write
  (memory (export "memory") 1)
  (data (i32.const 0) "\10\00\00\00\07\00\00\00")
  (data (i32.const 16) "[1,2,3]")
  (func $main (export "_start")
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))

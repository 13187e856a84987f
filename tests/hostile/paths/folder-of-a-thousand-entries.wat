;;! expect = "tool_error"
;;! exit = 42
;;! [limits]
;;! fuel = "1 G"
;;! [[folder]]
;;! guest = "/box"
;;! host = "box"
;;! access = "read"
;;! [place]
;;! many = { folder = "box", count = 1_000, name_bytes = 8 }

;; A thousand entries are listed whole and by one call: 32 bytes an entry,
;; and `.` and `..`.
(module
  ;;@wasi fd_readdir proc_exit
  (memory (export "memory") 40)
  (func $main (export "_start")
    (if (call $fd_readdir (i32.const 3) (i32.const 64) (i32.const 2000000) (i64.const 0) (i32.const 8))
      (then unreachable))
    (if (i32.ne (i32.load (i32.const 8)) (i32.const 32051)) (then unreachable))
    (call $proc_exit (i32.const 42))))

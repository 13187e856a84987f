;;! expect = "tool_error"
;;! exit = 19
;;! denied_count = 1
;;! [limits]
;;! files = 1
;;! file_bytes = "1 KiB"
;;! [[folder]]
;;! guest = "/box"
;;! host = "box"
;;! [after]
;;! files = { "box/new" = "" }

;; The same hole by a seek and a plain write.
(module
  ;;@wasi path_open fd_seek fd_write proc_exit
  (memory (export "memory") 1)
  (data (i32.const 0) "\20\00\00\00\01\00\00\00")
  (data (i32.const 64) "new")
  (func $main (export "_start")
    (if (call $path_open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 3)
      (i32.const 1) (i64.const 70) (i64.const 0) (i32.const 0) (i32.const 12)) (then unreachable))
    (if (call $fd_seek (i32.load (i32.const 12)) (i64.const 0x40000000000) (i32.const 0) (i32.const 16)) (then unreachable))
    (call $proc_exit
      (call $fd_write (i32.load (i32.const 12)) (i32.const 0) (i32.const 1) (i32.const 8)))))

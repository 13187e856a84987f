;;! expect = "tool_error"
;;! exit = 42
;;! denied = ["fd_write new (11 bytes in all) (file_bytes)", "fd_pwrite new (11 bytes in all) (file_bytes)"]
;;! [limits]
;;! files = 1
;;! file_bytes = "10 B"
;;! [[folder]]
;;! guest = "/box"
;;! host = "box"
;;! [after]
;;! files = { "box/new" = "0123456789" }

;; Ten bytes may be written in all. The eleventh is refused at the end of the file, and in its middle
;; where it would make no file longer.
(module
  ;;@wasi path_open fd_write fd_pwrite proc_exit
  (memory (export "memory") 1)
  (data (i32.const 0) "\20\00\00\00\0a\00\00\00")
  (data (i32.const 32) "0123456789")
  (data (i32.const 64) "new")
  (func $main (export "_start")
    (local $fd i32)
    (if (call $path_open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 3)
      (i32.const 1) (i64.const 66) (i64.const 0) (i32.const 0) (i32.const 8)) (then unreachable))
    (local.set $fd (i32.load (i32.const 8)))
    (if (call $fd_write (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8)) (then unreachable))
    (i32.store (i32.const 4) (i32.const 1))
    (if (i32.ne (call $fd_write (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8)) (i32.const 19)) (then unreachable))
    (if (i32.ne (call $fd_pwrite (local.get $fd) (i32.const 0) (i32.const 1) (i64.const 3) (i32.const 8)) (i32.const 19)) (then unreachable))
    (call $proc_exit (i32.const 42))))

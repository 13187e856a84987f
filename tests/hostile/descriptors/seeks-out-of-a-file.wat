;;! expect = "tool_error"
;;! exit = 42
;;! [[folder]]
;;! guest = "/box"
;;! host = "box"
;;! access = "read"
;;! [place]
;;! files = { "box/file" = "inside" }

;; Before the start of a file, beyond all files, by a way that there is not, and in streams that
;; have no place: an error for each, and the file reads as before.
(module
  ;;@wasi path_open fd_seek fd_pread fd_read proc_exit
  (memory (export "memory") 1)
  (data (i32.const 0) "\00\01\00\00\10\00\00\00")
  (data (i32.const 64) "file")
  (func $main (export "_start")
    (local $fd i32)
    (if (call $path_open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 4)
          (i32.const 0) (i64.const 6) (i64.const 0) (i32.const 0) (i32.const 8)) (then unreachable))
    (local.set $fd (i32.load (i32.const 8)))
    (if (i32.eqz (call $fd_seek (local.get $fd) (i64.const -1) (i32.const 0) (i32.const 16))) (then unreachable))
    (if (i32.eqz (call $fd_seek (local.get $fd) (i64.const -9) (i32.const 1) (i32.const 16))) (then unreachable))
    (if (i32.eqz (call $fd_seek (local.get $fd) (i64.const 0x8000000000000000) (i32.const 2) (i32.const 16))) (then unreachable))
    (if (i32.eqz (call $fd_seek (i32.const 1) (i64.const 0) (i32.const 0) (i32.const 16))) (then unreachable))
    (if (call $fd_pread (local.get $fd) (i32.const 0) (i32.const 1) (i64.const 1000) (i32.const 16)) (then unreachable))
    (if (i32.load (i32.const 16)) (then unreachable))
    (if (call $fd_read (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 16)) (then unreachable))
    (if (i32.ne (i32.load (i32.const 16)) (i32.const 6)) (then unreachable))
    (call $proc_exit (i32.const 42))))

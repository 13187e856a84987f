;;! expect = "tool_error"
;;! exit = 42
;;! [[folder]]
;;! guest = "/box"
;;! host = "box"
;;! access = "read"
;;! [limits]
;;! file_bytes = "1 KiB"
;;! [place]
;;! files = { "box/file" = "inside" }

;; Sets all rights on its folder and on a file that it opened to read: whatever that says, neither
;; becomes one to write.
(module
  ;;@wasi fd_fdstat_set_rights fd_fdstat_set_flags path_open fd_write proc_exit
  (memory (export "memory") 1)
  (data (i32.const 0) "\40\00\00\00\04\00\00\00")
  (data (i32.const 64) "file")
  (func $main (export "_start")
    (drop (call $fd_fdstat_set_rights (i32.const 3) (i64.const 0x1fffffff) (i64.const 0x1fffffff)))
    (if (call $path_open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 4)
          (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 8)) (then unreachable))
    (drop (call $fd_fdstat_set_rights (i32.load (i32.const 8)) (i64.const 0x1fffffff) (i64.const 0x1fffffff)))
    (drop (call $fd_fdstat_set_flags (i32.load (i32.const 8)) (i32.const 31)))
    (if (i32.eqz (call $fd_write (i32.load (i32.const 8)) (i32.const 0) (i32.const 1) (i32.const 16)))
      (then unreachable))
    (call $proc_exit (i32.const 42))))

;;! expect = "tool_error"
;;! exit = 42

;; Every function that takes a descriptor, with numbers that nobody opened: 3, -1, 2^31 - 1 and
;; -2^31. EBADF from each.
(module
  ;;@wasi fd_read fd_write fd_pread fd_pwrite fd_close fd_seek fd_tell fd_sync fd_datasync fd_advise
  ;;@wasi fd_fdstat_get fd_fdstat_set_flags fd_filestat_get fd_filestat_set_size fd_filestat_set_times
  ;;@wasi fd_prestat_get fd_prestat_dir_name fd_readdir path_open path_unlink_file proc_exit
  (memory (export "memory") 1)
  (func $bad (param $error i32) (if (i32.ne (local.get $error) (i32.const 8)) (then unreachable)))
  (func $try (param $fd i32)
    (call $bad (call $fd_read (local.get $fd) (i32.const 0) (i32.const 0) (i32.const 64)))
    (call $bad (call $fd_write (local.get $fd) (i32.const 0) (i32.const 0) (i32.const 64)))
    (call $bad (call $fd_pread (local.get $fd) (i32.const 0) (i32.const 0) (i64.const 0) (i32.const 64)))
    (call $bad (call $fd_pwrite (local.get $fd) (i32.const 0) (i32.const 0) (i64.const 0) (i32.const 64)))
    (call $bad (call $fd_close (local.get $fd)))
    (call $bad (call $fd_seek (local.get $fd) (i64.const 0) (i32.const 0) (i32.const 64)))
    (call $bad (call $fd_tell (local.get $fd) (i32.const 64)))
    (call $bad (call $fd_sync (local.get $fd)))
    (call $bad (call $fd_datasync (local.get $fd)))
    (call $bad (call $fd_advise (local.get $fd) (i64.const 0) (i64.const 0) (i32.const 0)))
    (call $bad (call $fd_fdstat_get (local.get $fd) (i32.const 64)))
    (call $bad (call $fd_fdstat_set_flags (local.get $fd) (i32.const 1)))
    (call $bad (call $fd_filestat_get (local.get $fd) (i32.const 64)))
    (call $bad (call $fd_filestat_set_size (local.get $fd) (i64.const 0)))
    (call $bad (call $fd_filestat_set_times (local.get $fd) (i64.const 0) (i64.const 0) (i32.const 0)))
    (call $bad (call $fd_prestat_get (local.get $fd) (i32.const 64)))
    (call $bad (call $fd_prestat_dir_name (local.get $fd) (i32.const 64) (i32.const 64)))
    (call $bad (call $fd_readdir (local.get $fd) (i32.const 64) (i32.const 64) (i64.const 0) (i32.const 8)))
    (call $bad (call $path_open (local.get $fd) (i32.const 0) (i32.const 64) (i32.const 1)
      (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 8)))
    (call $bad (call $path_unlink_file (local.get $fd) (i32.const 64) (i32.const 1))))
  (data (i32.const 64) "x")
  (func $main (export "_start")
    (call $try (i32.const 3))
    (call $try (i32.const -1))
    (call $try (i32.const 0x7fffffff))
    (call $try (i32.const 0x80000000))
    (call $proc_exit (i32.const 42))))

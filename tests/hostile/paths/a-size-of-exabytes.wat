;;! expect = "tool_error"
;;! exit = 42
;;! denied_count = 3
;;! [limits]
;;! files = 1
;;! file_bytes = "1 KiB"
;;! [[folder]]
;;! guest = "/box"
;;! host = "box"
;;! [after]
;;! files = { "box/new" = "" }

;; Sets sizes of 2^63 - 1 and of 2^64 - 1 bytes, and reserves as much: a size counts as written, and
;; sums must not wrap.
(module
  ;;@wasi path_open fd_filestat_set_size fd_allocate proc_exit
  (memory (export "memory") 1)
  (data (i32.const 64) "new")
  (func $main (export "_start")
    (local $fd i32)
    (if (call $path_open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 3)
      (i32.const 1) (i64.const 0x400142) (i64.const 0) (i32.const 0) (i32.const 8)) (then unreachable))
    (local.set $fd (i32.load (i32.const 8)))
    (if (i32.ne (call $fd_filestat_set_size (local.get $fd) (i64.const 0x7fffffffffffffff)) (i32.const 19)) (then unreachable))
    (if (i32.ne (call $fd_filestat_set_size (local.get $fd) (i64.const -1)) (i32.const 19)) (then unreachable))
    (if (i32.ne (call $fd_allocate (local.get $fd) (i64.const 0) (i64.const -1)) (i32.const 19)) (then unreachable))
    (call $proc_exit (i32.const 42))))

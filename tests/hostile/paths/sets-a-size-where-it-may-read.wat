;;! expect = "tool_error"
;;! exit = 42
;;! [limits]
;;! file_bytes = "1 KiB"
;;! [[folder]]
;;! guest = "/box"
;;! host = "box"
;;! access = "read"
;;! [place]
;;! files = { "box/file" = "inside" }

;; Cuts a file that was opened to read down to nothing.
(module
  ;;@wasi fd_filestat_set_size path_open proc_exit
  (memory (export "memory") 1)
  (data (i32.const 64) "file")
  (func $main (export "_start")
    (if (call $path_open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 4)
          (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 8)) (then unreachable))
    (if (i32.eqz (call $fd_filestat_set_size (i32.load (i32.const 8)) (i64.const 0))) (then unreachable))
    (call $proc_exit (i32.const 42))))

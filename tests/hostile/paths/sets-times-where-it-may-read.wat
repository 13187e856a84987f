;;! expect = "tool_error"
;;! exit = 42
;;! denied_count = 1
;;! [[folder]]
;;! guest = "/box"
;;! host = "box"
;;! access = "read"
;;! [place]
;;! files = { "box/file" = "inside" }

;; Sets the times of a folder that may only be read, of a file in it by its name, and of the file
;; once it is open: to read is not to touch.
(module
  ;;@wasi fd_filestat_set_times path_filestat_set_times path_open proc_exit
  (memory (export "memory") 1)
  (data (i32.const 64) "file")
  (func $main (export "_start")
    (if (i32.eqz (call $fd_filestat_set_times (i32.const 3) (i64.const 1) (i64.const 1) (i32.const 5))) (then unreachable))
    (if (i32.eqz (call $path_filestat_set_times (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 4)
          (i64.const 1) (i64.const 1) (i32.const 5))) (then unreachable))
    (if (call $path_open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 4)
          (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 8)) (then unreachable))
    (if (i32.eqz (call $fd_filestat_set_times (i32.load (i32.const 8)) (i64.const 1) (i64.const 1) (i32.const 5))) (then unreachable))
    (call $proc_exit (i32.const 42))))

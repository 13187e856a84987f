;;! expect = "tool_error"
;;! exit = 42
;;! denied = ["path_filestat_get ../secret (directories)", "path_filestat_get link (directories)", "path_filestat_set_times link (directories)"]
;;! [limits]
;;! files = 10
;;! file_bytes = "1 KiB"
;;! [[folder]]
;;! guest = "/box"
;;! host = "box"
;;! [place]
;;! files = { "secret" = "outside", "box/file" = "inside" }
;;! links = { "box/link" = "../secret" }

;; Attributes of a file outside: none are shown, and none are set. The link itself may be seen.
(module
  ;;@wasi path_filestat_get path_filestat_set_times proc_exit
  (memory (export "memory") 1)
  (data (i32.const 64) "../secretlink")
  (func $main (export "_start")
    (if (i32.eqz (call $path_filestat_get (i32.const 3) (i32.const 1) (i32.const 64) (i32.const 9) (i32.const 256))) (then unreachable))
    (if (i32.eqz (call $path_filestat_get (i32.const 3) (i32.const 1) (i32.const 73) (i32.const 4) (i32.const 256))) (then unreachable))
    (if (i32.eqz (call $path_filestat_set_times (i32.const 3) (i32.const 1) (i32.const 73) (i32.const 4)
          (i64.const 0) (i64.const 0) (i32.const 5))) (then unreachable))
    (if (call $path_filestat_get (i32.const 3) (i32.const 0) (i32.const 73) (i32.const 4) (i32.const 256)) (then unreachable))
    (if (i32.ne (i32.load8_u (i32.const 272)) (i32.const 7)) (then unreachable))
    (call $proc_exit (i32.const 42))))

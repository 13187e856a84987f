;;! expect = "tool_error"
;;! exit = 42
;;! denied = ["path_open link (directories)", "path_symlink /etc (directories)"]
;;! [limits]
;;! files = 10
;;! file_bytes = "1 KiB"
;;! [[folder]]
;;! guest = "/box"
;;! host = "box"
;;! [place]
;;! files = { "secret" = "outside", "box/file" = "inside" }
;;! [after]
;;! links = { "box/link" = "../secret" }
;;! absent = ["box/abs"]

;; Makes links of its own that lead out: a relative one may stand, but leads nowhere; an absolute one
;; is not made.
(module
  ;;@wasi path_symlink path_open proc_exit
  (memory (export "memory") 1)
  (data (i32.const 64) "../secretlink/etcabs")
  (func $main (export "_start")
    (if (call $path_symlink (i32.const 64) (i32.const 9) (i32.const 3) (i32.const 73) (i32.const 4))
      (then unreachable))
    (if (i32.eqz (call $path_open (i32.const 3) (i32.const 1) (i32.const 73) (i32.const 4)
          (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 8))) (then unreachable))
    (if (i32.eqz (call $path_symlink (i32.const 77) (i32.const 4) (i32.const 3) (i32.const 81) (i32.const 3)))
      (then unreachable))
    (call $proc_exit (i32.const 42))))

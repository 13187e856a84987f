;;! expect = "tool_error"
;;! exit = 63
;;! denied = ["path_open /box/file (directories)"]
;;! [limits]
;;! files = 10
;;! file_bytes = "1 KiB"
;;! [[folder]]
;;! guest = "/box"
;;! host = "box"
;;! [place]
;;! files = { "secret" = "outside", "box/file" = "inside" }

;; The path by which the guest knows the folder is no path inside it.
(module
  ;;@wasi path_open proc_exit
  (memory (export "memory") 4)
  (data (i32.const 64) "/box/file")
  (func $main (export "_start")
    (call $proc_exit
      (call $path_open (i32.const 3) (i32.const 1) (i32.const 64) (i32.const 9)
        (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 8)))))

;;! expect = "tool_error"
;;! exit = 63
;;! denied = ["path_open new (directories)"]
;;! [limits]
;;! files = 10
;;! file_bytes = "1 KiB"
;;! [[folder]]
;;! guest = "/box"
;;! host = "box"
;;! access = "read"
;;! [place]
;;! files = { "secret" = "outside", "box/file" = "inside" }
;;! [after]
;;! absent = ["box/new"]

;; Makes a file in a folder that may only be read.
(module
  ;;@wasi path_open proc_exit
  (memory (export "memory") 4)
  (data (i32.const 64) "new")
  (func $main (export "_start")
    (call $proc_exit
      (call $path_open (i32.const 3) (i32.const 1) (i32.const 64) (i32.const 3)
        (i32.const 1) (i64.const 66) (i64.const 0) (i32.const 0) (i32.const 8)))))

;;! expect = "tool_error"
;;! exit = 63
;;! denied = ["path_open link (directories)"]
;;! [limits]
;;! files = 10
;;! file_bytes = "1 KiB"
;;! [[folder]]
;;! guest = "/box"
;;! host = "box"
;;! [place]
;;! files = { "secret" = "outside", "box/file" = "inside" }
;;! links = { "box/link" = "../secret" }

;; O_TRUNC empties a file while it is opened: the file outside must keep what it holds.
(module
  ;;@wasi path_open proc_exit
  (memory (export "memory") 4)
  (data (i32.const 64) "link")
  (func $main (export "_start")
    (call $proc_exit
      (call $path_open (i32.const 3) (i32.const 1) (i32.const 64) (i32.const 4)
        (i32.const 8) (i64.const 66) (i64.const 0) (i32.const 0) (i32.const 8)))))

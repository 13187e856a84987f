;;! expect = "tool_error"
;;! exit = 2
;;! denied = ["path_open link (directories)"]
;;! [limits]
;;! files = 10
;;! file_bytes = "1 KiB"
;;! [[folder]]
;;! guest = "/box"
;;! host = "box"
;;! [place]
;;! pipes = ["box/pipe"]
;;! links = { "box/link" = "pipe" }

;; The same through a link.
(module
  ;;@wasi path_open proc_exit
  (memory (export "memory") 4)
  (data (i32.const 64) "link")
  (func $main (export "_start")
    (call $proc_exit
      (call $path_open (i32.const 3) (i32.const 1) (i32.const 64) (i32.const 4)
        (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 8)))))

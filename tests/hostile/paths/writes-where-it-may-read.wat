;;! expect = "tool_error"
;;! exit = 63
;;! denied = ["path_open file (directories)"]
;;! [[folder]]
;;! guest = "/box"
;;! host = "box"
;;! access = "read"
;;! [place]
;;! files = { "secret" = "outside", "box/file" = "inside" }

;; Opens for writing in a folder that may only be read.
(module
  ;;@wasi path_open proc_exit
  (memory (export "memory") 4)
  (data (i32.const 64) "file")
  (func $main (export "_start")
    (call $proc_exit
      (call $path_open (i32.const 3) (i32.const 1) (i32.const 64) (i32.const 4)
        (i32.const 0) (i64.const 66) (i64.const 0) (i32.const 0) (i32.const 8)))))

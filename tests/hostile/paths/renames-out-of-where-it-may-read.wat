;;! expect = "tool_error"
;;! exit = 63
;;! denied = ["path_rename file (directories)"]
;;! [limits]
;;! files = 10
;;! file_bytes = "1 KiB"
;;! [[folder]]
;;! guest = "/in"
;;! host = "in"
;;! access = "read"
;;! [[folder]]
;;! guest = "/out"
;;! host = "out"
;;! [place]
;;! files = { "in/file" = "kept" }
;;! [after]
;;! absent = ["out/mine"]

;; Moves a file from a folder that may only be read to one that may be written.
(module
  ;;@wasi path_rename proc_exit
  (memory (export "memory") 1)
  (data (i32.const 64) "filemine")
  (func $main (export "_start")
    (call $proc_exit
      (call $path_rename (i32.const 3) (i32.const 64) (i32.const 4)
        (i32.const 4) (i32.const 68) (i32.const 4)))))

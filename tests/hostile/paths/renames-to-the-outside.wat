;;! expect = "tool_error"
;;! exit = 63
;;! denied = ["path_rename file (directories)"]
;;! [limits]
;;! files = 10
;;! file_bytes = "1 KiB"
;;! [[folder]]
;;! guest = "/box"
;;! host = "box"
;;! [place]
;;! files = { "secret" = "outside", "box/file" = "inside" }
;;! [after]
;;! files = { "box/file" = "inside" }

;; Moves a file out of the folder.
(module
  ;;@wasi path_rename proc_exit
  (memory (export "memory") 1)
  (data (i32.const 64) "file../taken")
  (func $main (export "_start")
    (call $proc_exit
      (call $path_rename (i32.const 3) (i32.const 64) (i32.const 4)
        (i32.const 3) (i32.const 68) (i32.const 8)))))

;;! expect = "tool_error"
;;! exit = 63
;;! denied = ["path_link ../secret (directories)"]
;;! [limits]
;;! files = 10
;;! file_bytes = "1 KiB"
;;! [[folder]]
;;! guest = "/box"
;;! host = "box"
;;! [place]
;;! files = { "secret" = "outside", "box/file" = "inside" }
;;! [after]
;;! absent = ["box/mine"]

;; A second name inside for a file outside.
(module
  ;;@wasi path_link proc_exit
  (memory (export "memory") 1)
  (data (i32.const 64) "../secretmine")
  (func $main (export "_start")
    (call $proc_exit
      (call $path_link (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 9)
        (i32.const 3) (i32.const 73) (i32.const 4)))))

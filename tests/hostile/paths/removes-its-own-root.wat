;;! expect = "tool_error"
;;! exit = 42
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

;; Deletes the folder that it was given, by all its names. What it holds stays, and so does it.
(module
  ;;@wasi path_remove_directory path_rename proc_exit
  (memory (export "memory") 1)
  (data (i32.const 64) "./new")
  (func $main (export "_start")
    (if (i32.eqz (call $path_remove_directory (i32.const 3) (i32.const 64) (i32.const 1))) (then unreachable))
    (if (i32.eqz (call $path_remove_directory (i32.const 3) (i32.const 64) (i32.const 2))) (then unreachable))
    (if (i32.eqz (call $path_rename (i32.const 3) (i32.const 64) (i32.const 1) (i32.const 3) (i32.const 66) (i32.const 3))) (then unreachable))
    (call $proc_exit (i32.const 42))))

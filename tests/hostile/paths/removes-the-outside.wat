;;! expect = "tool_error"
;;! exit = 42
;;! denied = ["path_unlink_file ../secret (directories)", "path_remove_directory ../other (directories)", "path_unlink_file link/secret (directories)"]
;;! [limits]
;;! files = 10
;;! file_bytes = "1 KiB"
;;! [[folder]]
;;! guest = "/box"
;;! host = "box"
;;! [place]
;;! folders = ["other"]
;;! files = { "secret" = "outside" }
;;! links = { "box/link" = ".." }

;; Deletes a file and a folder outside, by the parent and by a link.
(module
  ;;@wasi path_unlink_file path_remove_directory proc_exit
  (memory (export "memory") 1)
  (data (i32.const 64) "../secret../otherlink/secret")
  (func $main (export "_start")
    (if (i32.eqz (call $path_unlink_file (i32.const 3) (i32.const 64) (i32.const 9))) (then unreachable))
    (if (i32.eqz (call $path_remove_directory (i32.const 3) (i32.const 73) (i32.const 8))) (then unreachable))
    (if (i32.eqz (call $path_unlink_file (i32.const 3) (i32.const 81) (i32.const 11))) (then unreachable))
    (call $proc_exit (i32.const 42))))

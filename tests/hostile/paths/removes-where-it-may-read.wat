;;! expect = "tool_error"
;;! exit = 42
;;! denied_count = 5
;;! [limits]
;;! files = 10
;;! [[folder]]
;;! guest = "/box"
;;! host = "box"
;;! access = "read"
;;! [place]
;;! folders = ["box/empty"]
;;! files = { "box/file" = "inside" }

;; Deletes, renames, links and makes things in a folder that may only be read.
(module
  ;;@wasi path_unlink_file path_remove_directory path_rename path_symlink path_create_directory proc_exit
  (memory (export "memory") 1)
  (data (i32.const 64) "fileempty")
  (func $main (export "_start")
    (if (i32.eqz (call $path_unlink_file (i32.const 3) (i32.const 64) (i32.const 4))) (then unreachable))
    (if (i32.eqz (call $path_remove_directory (i32.const 3) (i32.const 68) (i32.const 5))) (then unreachable))
    (if (i32.eqz (call $path_rename (i32.const 3) (i32.const 64) (i32.const 4) (i32.const 3) (i32.const 64) (i32.const 3))) (then unreachable))
    (if (i32.eqz (call $path_symlink (i32.const 64) (i32.const 4) (i32.const 3) (i32.const 64) (i32.const 2))) (then unreachable))
    (if (i32.eqz (call $path_create_directory (i32.const 3) (i32.const 64) (i32.const 2))) (then unreachable))
    (call $proc_exit (i32.const 42))))

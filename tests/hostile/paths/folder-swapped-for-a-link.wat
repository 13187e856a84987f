;;! expect = "tool_error"
;;! exit = 63
;;! denied = ["path_open a/secret (directories)"]
;;! [limits]
;;! files = 10
;;! file_bytes = "1 KiB"
;;! [[folder]]
;;! guest = "/box"
;;! host = "box"
;;! [place]
;;! folders = ["box/a"]
;;! files = { "secret" = "outside" }

;; Walks through a folder, puts a link that leads out in its place, and walks the same path again:
;; no earlier answer may be believed.
(module
  ;;@wasi path_symlink path_remove_directory path_filestat_get path_open proc_exit
  (memory (export "memory") 1)
  (data (i32.const 64) "..a/secret")
  (func $main (export "_start")
    (if (call $path_filestat_get (i32.const 3) (i32.const 1) (i32.const 66) (i32.const 1) (i32.const 256))
      (then unreachable))
    (if (call $path_remove_directory (i32.const 3) (i32.const 66) (i32.const 1)) (then unreachable))
    (if (call $path_symlink (i32.const 64) (i32.const 2) (i32.const 3) (i32.const 66) (i32.const 1))
      (then unreachable))
    (call $proc_exit
      (call $path_open (i32.const 3) (i32.const 1) (i32.const 66) (i32.const 8)
        (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 8)))))

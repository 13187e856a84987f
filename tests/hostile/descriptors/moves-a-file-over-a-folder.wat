;;! expect = "tool_error"
;;! exit = 42
;;! [[folder]]
;;! guest = "/box"
;;! host = "box"
;;! [place]
;;! files = { "box/file" = "inside" }

;; Puts an open file under the number of the folder: it is a file there, no way into the folder,
;; and what cannot be renumbered says so.
(module
  ;;@wasi fd_renumber path_open fd_prestat_get proc_exit
  (memory (export "memory") 1)
  (data (i32.const 64) "file")
  (func $open (result i32)
    (call $path_open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 4)
      (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 8)))
  (func $main (export "_start")
    (if (call $open) (then unreachable))
    (if (call $fd_renumber (i32.load (i32.const 8)) (i32.const 3))
      (then (if (call $open) (then unreachable)))
      (else (if (i32.ne (call $open) (i32.const 54)) (then unreachable))))
    (call $proc_exit (i32.const 42))))

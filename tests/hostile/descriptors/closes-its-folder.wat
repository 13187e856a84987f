;;! expect = "tool_error"
;;! exit = 8
;;! [[folder]]
;;! guest = "/box"
;;! host = "box"
;;! [place]
;;! files = { "box/file" = "inside" }

;; Closes the folder that it was given, and goes on using its number: EBADF.
(module
  ;;@wasi fd_close path_open proc_exit
  (memory (export "memory") 1)
  (data (i32.const 64) "file")
  (func $main (export "_start")
    (if (call $fd_close (i32.const 3)) (then unreachable))
    (call $proc_exit
      (call $path_open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 4)
        (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 8)))))

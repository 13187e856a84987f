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
;;! links = { "box/link" = "../secret" }
;;! [after]
;;! links = { "box/hard" = "../secret" }

;; A hard link to a link that leads out is another link that leads out, and no file of the outside.
(module
  ;;@wasi path_link path_readlink proc_exit
  (memory (export "memory") 1)
  (data (i32.const 64) "linkhard")
  (func $main (export "_start")
    (if (call $path_link (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 4)
          (i32.const 3) (i32.const 68) (i32.const 4)) (then unreachable))
    (if (call $path_readlink (i32.const 3) (i32.const 68) (i32.const 4) (i32.const 256) (i32.const 64) (i32.const 8))
      (then unreachable))
    (if (i32.ne (i32.load (i32.const 8)) (i32.const 9)) (then unreachable))
    (call $proc_exit (i32.const 42))))

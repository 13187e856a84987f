;;! expect = "tool_error"
;;! exit = 54
;;! [limits]
;;! files = 10
;;! file_bytes = "1 KiB"
;;! [[folder]]
;;! guest = "/box"
;;! host = "box"
;;! [place]
;;! files = { "secret" = "outside", "box/file" = "inside" }

;; Opens a file, and uses its descriptor as a folder to go up from.
(module
  ;;@wasi path_open proc_exit
  (memory (export "memory") 1)
  (data (i32.const 64) "file../secret")
  (func $main (export "_start")
    (if (call $path_open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 4)
          (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 8)) (then unreachable))
    (call $proc_exit
      (call $path_open (i32.load (i32.const 8)) (i32.const 0) (i32.const 68) (i32.const 9)
        (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 12)))))

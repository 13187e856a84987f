;;! expect = "tool_error"
;;! exit = 63
;;! denied = ["path_open ../file (directories)"]
;;! [limits]
;;! files = 10
;;! file_bytes = "1 KiB"
;;! [[folder]]
;;! guest = "/box"
;;! host = "box"
;;! [place]
;;! folders = ["box/a"]
;;! files = { "box/file" = "inside" }

;; Opens a folder inside, and goes up from there: what is opened is a root of its own.
(module
  ;;@wasi path_open proc_exit
  (memory (export "memory") 1)
  (data (i32.const 64) "a../file")
  (func $main (export "_start")
    (if (call $path_open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 1)
          (i32.const 2) (i64.const 16384) (i64.const 0x1fffffff) (i32.const 0) (i32.const 8)) (then unreachable))
    (call $proc_exit
      (call $path_open (i32.load (i32.const 8)) (i32.const 0) (i32.const 65) (i32.const 7)
        (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 12)))))

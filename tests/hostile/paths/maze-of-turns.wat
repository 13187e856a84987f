;;! expect = "tool_error"
;;! exit = 42
;;! [[folder]]
;;! guest = "/box"
;;! host = "box"
;;! [place]
;;! folders = ["box/a"]
;;! files = { "box/file" = "inside" }

;; Down and up again eight hundred times, and then the file: that never leaves the folder.
(module
  ;;@wasi path_open proc_exit
  (memory (export "memory") 1)
  (data (i32.const 64) "<<a/../ * 800>>file")
  (func $main (export "_start")
    (if (call $path_open (i32.const 3) (i32.const 1) (i32.const 64) (i32.const 4004)
      (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 8)) (then unreachable))
    (call $proc_exit (i32.const 42))))

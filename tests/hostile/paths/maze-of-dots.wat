;;! expect = "tool_error"
;;! exit = 42
;;! [[folder]]
;;! guest = "/box"
;;! host = "box"
;;! [place]
;;! files = { "box/file" = "inside" }

;; Two thousand times `./` and then the file: it opens.
(module
  ;;@wasi path_open proc_exit
  (memory (export "memory") 1)
  (data (i32.const 64) "<<./ * 2000>>file")
  (func $main (export "_start")
    (if (call $path_open (i32.const 3) (i32.const 1) (i32.const 64) (i32.const 4004)
      (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 8)) (then unreachable))
    (call $proc_exit (i32.const 42))))

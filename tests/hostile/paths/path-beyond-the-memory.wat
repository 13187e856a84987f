;;! expect = "tool_error"
;;! exit = 48
;;! [[folder]]
;;! guest = "/box"
;;! host = "box"

;; A path that begins in the memory and ends 4 GiB further: ENOMEM, more than one call may copy.
(module
  ;;@wasi path_open proc_exit
  (memory (export "memory") 1)
  (func $main (export "_start")
    (call $proc_exit (call $path_open (i32.const 3) (i32.const 1) (i32.const 64) (i32.const -1)
      (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 8)))))

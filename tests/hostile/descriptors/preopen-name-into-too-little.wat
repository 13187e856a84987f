;;! expect = "tool_error"
;;! exit = 42
;;! [[folder]]
;;! guest = "/a/folder"
;;! host = "box"

;; The folder's name into a buffer that is too small for it: ENAMETOOLONG, and not one byte of it
;; beyond the buffer.
(module
  ;;@wasi fd_prestat_get fd_prestat_dir_name proc_exit
  (memory (export "memory") 1)
  (func $main (export "_start")
    (if (call $fd_prestat_get (i32.const 3) (i32.const 0)) (then unreachable))
    (if (i32.ne (i32.load (i32.const 4)) (i32.const 9)) (then unreachable))
    (if (i32.ne (call $fd_prestat_dir_name (i32.const 3) (i32.const 64) (i32.const 3)) (i32.const 37)) (then unreachable))
    (if (i32.load8_u (i32.const 67)) (then unreachable))
    (call $proc_exit (i32.const 42))))

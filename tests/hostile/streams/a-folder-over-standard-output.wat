;;! expect = "tool_error"
;;! exit = 42
;;! [[folder]]
;;! guest = "/box"
;;! host = "box"

;; Puts its folder under the number of standard output and writes to it, and standard output under
;; the folder's: neither is taken for the other.
(module
  ;;@wasi fd_renumber fd_write path_open proc_exit
  (memory (export "memory") 1)
  (data (i32.const 0) "\40\00\00\00\01\00\00\00")
  (data (i32.const 64) "new")
  (func $main (export "_start")
    (drop (call $fd_renumber (i32.const 3) (i32.const 1)))
    (drop (call $fd_renumber (i32.const 2) (i32.const 3)))
    (if (i32.eqz (call $path_open (i32.const 2) (i32.const 0) (i32.const 64) (i32.const 3)
      (i32.const 1) (i64.const 66) (i64.const 0) (i32.const 0) (i32.const 8))) (then unreachable))
    (call $proc_exit (i32.const 42))))

;;! expect = "tool_error"
;;! exit = 42
;;! denied = ["path_open new (directories)"]
;;! [[folder]]
;;! guest = "/a"
;;! host = "a"
;;! access = "read"
;;! [[folder]]
;;! guest = "/b"
;;! host = "b"
;;! [limits]
;;! files = 1
;;! [after]
;;! absent = ["a/new", "b/new"]

;; Puts the folder that it may only read under the number of the one that it may write: the right
;; goes with the folder and not with the number.
(module
  ;;@wasi fd_renumber path_open proc_exit
  (memory (export "memory") 1)
  (data (i32.const 64) "new")
  (func $main (export "_start")
    (if (i32.eqz (call $fd_renumber (i32.const 3) (i32.const 4)))
      (then
        (if (i32.eqz (call $path_open (i32.const 4) (i32.const 0) (i32.const 64) (i32.const 3)
          (i32.const 1) (i64.const 66) (i64.const 0) (i32.const 0) (i32.const 8))) (then unreachable))))
    (call $proc_exit (i32.const 42))))

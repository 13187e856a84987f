;;! expect = "tool_error"
;;! exit = 42

;; From numbers that nobody opened, to huge ones, and onto itself: no table of the host grows to
;; the number, and standard output is still where it was.
(module
  ;;@wasi fd_renumber fd_write proc_exit
  (memory (export "memory") 1)
  (func $main (export "_start")
    (if (i32.eqz (call $fd_renumber (i32.const 77) (i32.const 1))) (then unreachable))
    (drop (call $fd_renumber (i32.const 1) (i32.const 0x7fffffff)))
    (drop (call $fd_renumber (i32.const 1) (i32.const -1)))
    (if (call $fd_renumber (i32.const 2) (i32.const 2)) (then unreachable))
    (if (call $fd_write (i32.const 2) (i32.const 0) (i32.const 0) (i32.const 8)) (then unreachable))
    (call $proc_exit (i32.const 42))))

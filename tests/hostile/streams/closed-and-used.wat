;;! expect = "tool_error"
;;! exit = 42

;; Closes all three streams and goes on using them; closing twice is no crash either.
(module
  ;;@wasi fd_close fd_write fd_read proc_exit
  (memory (export "memory") 1)
  (data (i32.const 0) "\10\00\00\00\01\00\00\00")
  (func $main (export "_start")
    (local $fd i32)
    (loop $again
      (if (call $fd_close (local.get $fd)) (then unreachable))
      (if (i32.ne (call $fd_close (local.get $fd)) (i32.const 8)) (then unreachable))
      (if (i32.ne (call $fd_write (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8)) (i32.const 8)) (then unreachable))
      (if (i32.ne (call $fd_read (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8)) (i32.const 8)) (then unreachable))
      (br_if $again (i32.lt_u (local.tee $fd (i32.add (local.get $fd) (i32.const 1))) (i32.const 3))))
    (call $proc_exit (i32.const 42))))

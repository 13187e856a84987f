;;! expect = "tool_error"
;;! exit = 42
;;! input = "\"some\""

;; Reads on and on: at its end the input gives no bytes and no error, and never waits.
(module
  ;;@wasi fd_read proc_exit
  (memory (export "memory") 1)
  (data (i32.const 0) "\40\00\00\00\ff\00\00\00")
  (func $main (export "_start")
    (local $i i32)
    (loop $again
      (if (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)) (then unreachable))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 1000))))
    (if (i32.load (i32.const 8)) (then unreachable))
    (call $proc_exit (i32.const 42))))

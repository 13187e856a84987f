;;! expect = "tool_error"
;;! exit = 42
;;! stderr_bytes = 65536

;; Standard error is cut where its limit is, and the run goes on.
(module
  ;;@wasi fd_write proc_exit
  (memory (export "memory") 2)
  (data (i32.const 0) "\00\00\00\00\00\00\01\00")
  (func $main (export "_start")
    (local $i i32)
    (loop $again
      (if (call $fd_write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 65536)) (then unreachable))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 100))))
    (call $proc_exit (i32.const 42))))

;;! expect = "tool_error"
;;! exit = 42

;; The last byte of them is outside: EFAULT, and none is written. None at all at the very end is
;; no fault.
(module
  ;;@wasi random_get proc_exit
  (memory (export "memory") 1)
  (func $main (export "_start")
    (if (i32.ne (call $random_get (i32.const 65529) (i32.const 8)) (i32.const 21)) (then unreachable))
    (if (i32.load (i32.const 65532)) (then unreachable))
    (if (call $random_get (i32.const 65536) (i32.const 0)) (then unreachable))
    (call $proc_exit (i32.const 42))))

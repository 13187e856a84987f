;;! expect = "tool_error"
;;! exit = 3
;;! stderr = "x"

;; Leaves from a thousand calls deep: nothing of the guest runs after it.
(module
  ;;@wasi proc_exit fd_write
  (memory (export "memory") 1)
  (data (i32.const 0) "\10\00\00\00\01\00\00\00")
  (data (i32.const 16) "x")
  (func $say (drop (call $fd_write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 8))))
  (func $deep (param $n i32)
    (if (i32.eqz (local.get $n)) (then (call $say) (call $proc_exit (i32.const 3))))
    (call $deep (i32.sub (local.get $n) (i32.const 1)))
    (call $say))
  (func $main (export "_start") (call $deep (i32.const 1000)) (call $say)))

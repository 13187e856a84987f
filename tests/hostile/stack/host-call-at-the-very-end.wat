;;! expect = "trap"
;;! says = "call stack exhausted"
;;! [capabilities]
;;! random = "real"
;;! clocks = "real"

;; Calls the host at every depth: there must be stack for the host however little the guest has
;; left of its own.
(module
  ;;@wasi random_get clock_time_get fd_write
  (memory (export "memory") 1)
  (func $deep (param $n i32) (result i32)
    (drop (call $random_get (i32.const 64) (i32.const 64)))
    (drop (call $clock_time_get (i32.const 0) (i64.const 0) (i32.const 64)))
    (drop (call $fd_write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 8)))
    (i32.add (call $deep (i32.add (local.get $n) (i32.const 1))) (local.get $n)))
  (func $main (export "_start") (drop (call $deep (i32.const 0)))))

;;! expect = "tool_error"
;;! exit = 42
;;! denied_count = 5
;;! denied = ["sock_accept wasi_snapshot_preview1 file descriptor 3 (network)"]

;; Every function of sockets, on a number where other hosts hand over a listening one.
(module
  ;;@wasi sock_accept sock_recv sock_send sock_shutdown proc_exit
  (memory (export "memory") 1)
  (func $main (export "_start")
    (if (i32.ne (call $sock_accept (i32.const 3) (i32.const 0) (i32.const 64)) (i32.const 8)) (then unreachable))
    (if (i32.ne (call $sock_recv (i32.const 3) (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 64) (i32.const 68)) (i32.const 8)) (then unreachable))
    (if (i32.ne (call $sock_send (i32.const 3) (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 64)) (i32.const 8)) (then unreachable))
    (if (i32.ne (call $sock_shutdown (i32.const 3) (i32.const 3)) (i32.const 8)) (then unreachable))
    ;; Standard output is open, and no socket.
    (if (i32.ne (call $sock_shutdown (i32.const 1) (i32.const 3)) (i32.const 57)) (then unreachable))
    (call $proc_exit (i32.const 42))))

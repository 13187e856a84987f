;;! expect = "deadline_exceeded"
;;! [limits]
;;! fuel = "1000 G"
;;! wall_time = "100 ms"
;;! [[folder]]
;;! guest = "/box"
;;! host = "box"
;;! access = "read"
;;! [place]
;;! many = { folder = "box", count = 200, name_bytes = 200 }

;; Begins the listing of a large folder again and again, from its start each time, into a buffer of
;; a few bytes: what the host reads for it is on the clock, however little the guest takes.
(module
  ;;@wasi fd_readdir
  (memory (export "memory") 1)
  (func $main (export "_start")
    (loop $again
      (if (call $fd_readdir (i32.const 3) (i32.const 64) (i32.const 24) (i64.const 0) (i32.const 8))
        (then unreachable))
      (br $again))))

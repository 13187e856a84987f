;;! expect = "tool_error"
;;! exit = 42
;;! [[folder]]
;;! guest = "/box"
;;! host = "box"
;;! access = "read"
;;! [place]
;;! files = { "box/a" = "", "box/bb" = "", "box/ccc" = "" }

;; Reads a folder with buffers of no byte, of one, and of a head without its name, with cookies that
;; no listing gave (2^63, 2^64 - 1), and through a pointer outside: nothing beyond the buffer is
;; written, and what is told fits into it.
(module
  ;;@wasi fd_readdir proc_exit
  (memory (export "memory") 1)
  (func $try (param $size i32) (param $cookie i64)
    (memory.fill (i32.const 64) (i32.const 0xcc) (i32.const 256))
    (if (call $fd_readdir (i32.const 3) (i32.const 64) (local.get $size) (local.get $cookie) (i32.const 8))
      (then unreachable))
    (if (i32.gt_u (i32.load (i32.const 8)) (local.get $size)) (then unreachable))
    (if (i32.ne (i32.load8_u (i32.add (i32.const 64) (local.get $size))) (i32.const 0xcc)) (then unreachable)))
  (func $main (export "_start")
    (call $try (i32.const 0) (i64.const 0))
    (call $try (i32.const 1) (i64.const 0))
    (call $try (i32.const 24) (i64.const 1))
    (call $try (i32.const 25) (i64.const 2))
    (call $try (i32.const 200) (i64.const 0x8000000000000000))
    (if (i32.load (i32.const 8)) (then unreachable))
    (call $try (i32.const 200) (i64.const -1))
    (if (i32.load (i32.const 8)) (then unreachable))
    (if (i32.ne (call $fd_readdir (i32.const 3) (i32.const 65000) (i32.const 1000) (i64.const 0) (i32.const 8)) (i32.const 21))
      (then unreachable))
    (call $proc_exit (i32.const 42))))

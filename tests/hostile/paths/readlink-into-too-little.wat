;;! expect = "tool_error"
;;! exit = 42
;;! [limits]
;;! files = 10
;;! file_bytes = "1 KiB"
;;! [[folder]]
;;! guest = "/box"
;;! host = "box"
;;! [place]
;;! files = { "secret" = "outside", "box/file" = "inside" }
;;! links = { "box/link" = "file" }

;; The target of a link into buffers of none, of three bytes, and of 2^32 - 1 bytes.
(module
  ;;@wasi path_readlink proc_exit
  (memory (export "memory") 1)
  (data (i32.const 64) "link")
  (func $main (export "_start")
    (if (call $path_readlink (i32.const 3) (i32.const 64) (i32.const 4) (i32.const 256) (i32.const 3) (i32.const 8))
      (then (if (i32.ne (i32.load8_u (i32.const 259)) (i32.const 0)) (then unreachable)))
      (else (if (i32.ne (i32.load (i32.const 8)) (i32.const 3)) (then unreachable))))
    (if (i32.load8_u (i32.const 259)) (then unreachable))
    (call $proc_exit (i32.const 42))))

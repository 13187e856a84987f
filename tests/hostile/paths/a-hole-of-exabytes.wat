;;! expect = "tool_error"
;;! exit = 42
;;! denied_count = 2
;;! [limits]
;;! files = 1
;;! file_bytes = "1 KiB"
;;! [[folder]]
;;! guest = "/box"
;;! host = "box"
;;! [after]
;;! files = { "box/new" = "" }

;; Writes one byte at offset 2^63 - 1 and at -1: sums must not wrap round to something small.
(module
  ;;@wasi path_open fd_pwrite proc_exit
  (memory (export "memory") 1)
  (data (i32.const 0) "\20\00\00\00\01\00\00\00")
  (data (i32.const 64) "new")
  (func $main (export "_start")
    (local $fd i32)
    (if (call $path_open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 3)
      (i32.const 1) (i64.const 66) (i64.const 0) (i32.const 0) (i32.const 8)) (then unreachable))
    (local.set $fd (i32.load (i32.const 8)))
    (if (i32.eqz (call $fd_pwrite (local.get $fd) (i32.const 0) (i32.const 1) (i64.const 0x7fffffffffffffff) (i32.const 8))) (then unreachable))
    (if (i32.eqz (call $fd_pwrite (local.get $fd) (i32.const 0) (i32.const 1) (i64.const -1) (i32.const 8))) (then unreachable))
    (call $proc_exit (i32.const 42))))

;;! expect = "tool_error"
;;! exit = 42
;;! [limits]
;;! file_bytes = "1 KiB"

;; Writes to both streams by offset, sets their sizes and reserves room in them: none of it goes
;; round what counts output.
(module
  ;;@wasi fd_pwrite fd_filestat_set_size fd_allocate proc_exit
  (memory (export "memory") 1)
  (data (i32.const 0) "\10\00\00\00\01\00\00\00")
  (func $try (param $fd i32)
    (if (i32.eqz (call $fd_pwrite (local.get $fd) (i32.const 0) (i32.const 1) (i64.const 0) (i32.const 8))) (then unreachable))
    (if (i32.eqz (call $fd_filestat_set_size (local.get $fd) (i64.const 10))) (then unreachable))
    (if (i32.eqz (call $fd_allocate (local.get $fd) (i64.const 0) (i64.const 10))) (then unreachable)))
  (func $main (export "_start")
    (call $try (i32.const 1))
    (call $try (i32.const 2))
    (call $proc_exit (i32.const 42))))

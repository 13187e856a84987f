;;! expect = "tool_error"
;;! exit = 19
;;! denied_count = 1
;;! [limits]
;;! files = 1
;;! file_bytes = "1 KiB"
;;! [[folder]]
;;! guest = "/box"
;;! host = "box"
;;! [after]
;;! files = { "box/new" = "" }

;; Writes one byte four tebibytes into a new file. A size that is set counts as written, so a size
;; that comes about by a hole has to count as well: EDQUOT.
(module
  ;;@wasi path_open fd_pwrite proc_exit
  (memory (export "memory") 1)
  (data (i32.const 0) "\20\00\00\00\01\00\00\00")
  (data (i32.const 64) "new")
  (func $main (export "_start")
    (if (call $path_open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 3)
      (i32.const 1) (i64.const 66) (i64.const 0) (i32.const 0) (i32.const 8)) (then unreachable))
    (call $proc_exit
      (call $fd_pwrite (i32.load (i32.const 8)) (i32.const 0) (i32.const 1) (i64.const 0x40000000000) (i32.const 8)))))

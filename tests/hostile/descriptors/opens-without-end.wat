;;! expect = "tool_error"
;;! exit = 33
;;! [[folder]]
;;! guest = "/box"
;;! host = "box"
;;! access = "read"
;;! [place]
;;! files = { "box/file" = "inside" }

;; Opens the same file again and again and never closes it. Descriptors are the whole process's:
;; EMFILE long before the host has none left.
(module
  ;;@wasi path_open proc_exit
  (memory (export "memory") 1)
  (data (i32.const 64) "file")
  (func $main (export "_start")
    (local $error i32)
    (loop $again
      (br_if $again (i32.eqz (local.tee $error
        (call $path_open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 4)
          (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 8))))))
    (call $proc_exit (local.get $error))))

;;! expect = "tool_error"
;;! exit = 63
;;! denied_count = 1
;;! [[folder]]
;;! guest = "/box"
;;! host = "box"
;;! [place]
;;! folders = ["box/a"]
;;! files = { "secret" = "outside" }

;; The same turns, with one step up too many at the end.
(module
  ;;@wasi path_open proc_exit
  (memory (export "memory") 1)
  (data (i32.const 64) "<<a/../ * 800>>../secret")
  (func $main (export "_start")
    (call $proc_exit (call $path_open (i32.const 3) (i32.const 1) (i32.const 64) (i32.const 4009)
      (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 8)))))

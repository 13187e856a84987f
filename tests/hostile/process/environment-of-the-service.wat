;;! expect = "tool_error"
;;! exit = 42
;;! environment = { SECRET = "x", TZ = "UTC" }
;;! denied = ["environment SECRET (environment)"]
;;! [capabilities]
;;! environment = ["TZ"]

;; Looks for the variables of the service's own process, and for one that the caller sent and the
;; tool was not granted. It sees the one that it was granted.
(module
  ;;@wasi environ_sizes_get environ_get proc_exit
  (memory (export "memory") 1)
  (func $main (export "_start")
    (if (call $environ_sizes_get (i32.const 0) (i32.const 4)) (then unreachable))
    (if (i32.ne (i32.load (i32.const 0)) (i32.const 1)) (then unreachable))
    (if (i32.ne (i32.load (i32.const 4)) (i32.const 7)) (then unreachable))
    (if (call $environ_get (i32.const 8) (i32.const 64)) (then unreachable))
    (if (i32.ne (i32.load (i32.const 64)) (i32.const 0x553d5a54)) (then unreachable))
    (call $proc_exit (i32.const 42))))

;;! expect = "trap"
;;! says = "out of range"
;;! [[folder]]
;;! guest = "/box"
;;! host = "box"
;;! [place]
;;! files = { "box/file" = "inside" }

;; All 64 bits of rights: those that WASI gives no meaning to make the guest a broken one.
(module
  ;;@wasi path_open
  (memory (export "memory") 1)
  (data (i32.const 64) "file")
  (func $main (export "_start")
    (drop (call $path_open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 4)
      (i32.const 0) (i64.const -1) (i64.const -1) (i32.const 0) (i32.const 8)))))

;;! expect = "success"
;;! stdout = "1000"
;;! denied_count = 1000
;;! denied = ["memory.grow 67174400 bytes (memory)"]
;;! peak_pages = 1

;; Asks again and again for what it does not get: records must stay small while all are counted,
;; and a guest that takes no for an answer ends well.
(module
  ;;@wasi fd_write
  (memory (export "memory") 1)
  (data (i32.const 0) "\10\00\00\00\04\00\00\00")
  (data (i32.const 16) "1000")
  (func $main (export "_start")
    (local $i i32)
    (loop $again
      (if (i32.ne (memory.grow (i32.const 1024)) (i32.const -1)) (then unreachable))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 1000))))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))

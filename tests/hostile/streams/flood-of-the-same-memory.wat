;;! expect = "output_exceeded"
;;! stdout_bytes = 1048576

;; 1024 vectors that all name the same megabyte: a gibibyte by one call and little memory.
(module
  ;;@wasi fd_write
  (memory (export "memory") 17)
  (func $main (export "_start")
    (local $i i32)
    (loop $again
      (i32.store offset=4 (i32.shl (local.get $i) (i32.const 3)) (i32.const 1048576))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 1024))))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1024) (i32.const 1100000)))
    unreachable))

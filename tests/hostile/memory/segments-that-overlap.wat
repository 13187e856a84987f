;;! expect = "success"
;;! stdout = "1992"

;; The later segment wins, whichever way the engine lays out its image of the memory.
(module
  ;;@wasi fd_write
  (memory (export "memory") 1)
  (data (i32.const 0) "\10\00\00\00\04\00\00\00")
  (data (i32.const 16) "1112")
  (data (i32.const 17) "99")
  (func $main (export "_start")
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))

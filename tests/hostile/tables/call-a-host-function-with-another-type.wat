;;! expect = "trap"
;;! says = "indirect call type mismatch"

;; The same with a function of the host: `proc_exit` taken for one that writes through a pointer.
(module
  ;;@wasi proc_exit
  (memory (export "memory") 1)
  (table 1 funcref)
  (elem (i32.const 0) $proc_exit)
  (func $main (export "_start")
    (drop (call_indirect (param i32 i64) (result i32)
      (i32.const -1) (i64.const -1) (i32.const 0)))))

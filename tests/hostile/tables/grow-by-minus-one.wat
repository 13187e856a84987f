;;! expect = "success"
;;! stdout = "1"
;;! [limits]
;;! fuel = "10 G"

;; Grows by 2^32 - 1 elements: the sum must not wrap. Fuel is taken for each of
;; them, so there is enough of it to come to the sum.
(module
  ;;@wasi fd_write
  (memory (export "memory") 1)
  (data (i32.const 0) "\10\00\00\00\01\00\00\00")
  (data (i32.const 16) "1")
  (table $t 1 funcref)
  (func $main (export "_start")
    (if (i32.ne (table.grow $t (ref.null func) (i32.const -1)) (i32.const -1)) (then unreachable))
    (if (i32.ne (table.size $t) (i32.const 1)) (then unreachable))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))

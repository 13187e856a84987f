;;! expect = "trap"
;;! says = "out of bounds memory access"
;;! backtrace = ["reads", "main"]

;; The byte after the last one: the guard region begins right there.
(module
  (memory (export "memory") 1 1)
  (func $reads (result i32) (i32.load8_u (i32.const 65536)))
  (func $main (export "_start") (drop (call $reads))))

;;! expect = "trap"
;;! says = "out of bounds memory access"

;; Eight bytes of which the last one is outside.
(module
  (memory (export "memory") 1)
  (func $main (export "_start") (drop (i64.load (i32.const 65529)))))

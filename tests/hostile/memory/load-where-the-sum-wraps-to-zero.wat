;;! expect = "trap"
;;! says = "out of bounds memory access"

;; Address 1 with offset 2^32 - 1: in 32 bits that would be address 0.
(module
  (memory (export "memory") 1)
  (func $main (export "_start") (drop (i32.load8_u offset=4294967295 (i32.const 1)))))

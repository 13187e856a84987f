;;! expect = "trap"
;;! says = "out of bounds memory access"

;; Bulk instructions check their whole range before the first byte.
(module
  (memory (export "memory") 1)
  (func $main (export "_start")
    (memory.fill (i32.const 1) (i32.const 255) (i32.const 65536))))

;;! expect = "trap"
;;! says = "out of bounds memory access"

;; Offset 2^32 - 1, read with or without a sign.
(module
  (memory (export "memory") 1)
  (data (i32.const -1) "abcd")
  (func $main (export "_start")))

;;! expect = "trap"
;;! says = "out of bounds memory access"

;; An active segment whose last byte is outside: the instance never stands.
(module
  (memory (export "memory") 1)
  (data (i32.const 65533) "abcd")
  (func $main (export "_start")))

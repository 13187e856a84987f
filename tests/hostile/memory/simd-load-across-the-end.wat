;;! expect = "trap"
;;! says = "out of bounds memory access"

;; Sixteen bytes of which one is outside: wide accesses have their own checks.
(module
  (memory (export "memory") 1)
  (func $main (export "_start") (drop (v128.load (i32.const 65521)))))

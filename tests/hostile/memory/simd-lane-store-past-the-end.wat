;;! expect = "trap"
;;! says = "out of bounds memory access"

;; One lane of a vector is stored past the end.
(module
  (memory (export "memory") 1)
  (func $main (export "_start")
    (v128.store64_lane offset=65529 1 (i32.const 0) (v128.const i64x2 1 2))))

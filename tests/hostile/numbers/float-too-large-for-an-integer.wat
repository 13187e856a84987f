;;! expect = "trap"
;;! says = "integer overflow"

;; 2^31 as a 32-bit number.
(module
  (memory (export "memory") 1)
  (data (i32.const 0) "\00\00\00\4f")
  (func $main (export "_start") (drop (i32.trunc_f32_s (f32.load (i32.const 0))))))

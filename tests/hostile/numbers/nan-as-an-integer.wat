;;! expect = "trap"
;;! says = "invalid conversion to integer"

;; What is no number has no integer.
(module
  (memory (export "memory") 1)
  (data (i32.const 0) "\00\00\00\00\00\00\f8\7f")
  (func $main (export "_start") (drop (i64.trunc_f64_u (f64.load (i32.const 0))))))

;;! expect = "refused"
;;! rule = "invalid"
;;! says = "constant"

;; A global whose first value is to be computed by a function.
(module
  (memory (export "memory") 1)
  (func $main (export "_start"))
  (func $f (result i32) (i32.const 0))
  (global i32 (call $f)))

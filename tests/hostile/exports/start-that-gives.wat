;;! expect = "refused"
;;! rule = "no_start"

;; A `_start` with a result that nobody would take.
(module
  (memory (export "memory") 1)
  (func (export "_start") (result i32) (i32.const 0)))

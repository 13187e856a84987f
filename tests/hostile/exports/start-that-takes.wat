;;! expect = "refused"
;;! rule = "no_start"

;; A `_start` with a parameter that nobody would give.
(module
  (memory (export "memory") 1)
  (func (export "_start") (param i64)))

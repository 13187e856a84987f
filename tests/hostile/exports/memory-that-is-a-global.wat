;;! expect = "refused"
;;! rule = "no_memory"

;; `memory` is a number that the host would take for a pointer.
(module
  (memory 1)
  (global (export "memory") i64 (i64.const 0x41414141))
  (func (export "_start")))

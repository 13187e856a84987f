;;! expect = "refused"
;;! rule = "no_memory"

;; `memory` is a function.
(module
  (memory 1)
  (func (export "_start"))
  (func (export "memory")))

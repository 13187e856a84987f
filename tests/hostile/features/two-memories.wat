;;! expect = "refused"
;;! rule = "invalid"

;; A slot of the pool has one memory.
(module
  (memory (export "memory") 1)
  (memory 1)
  (func $main (export "_start")))

;;! expect = "refused"
;;! rule = "no_start"

;; A library.
(module (memory (export "memory") 1))

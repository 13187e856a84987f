;;! expect = "invalid_input"
;;! input = "\"0123456789\""
;;! [limits]
;;! input = "11 B"

;; One byte more than the policy lets in: the module is never started.
(module
  (memory (export "memory") 1)
  (func $main (export "_start") unreachable))

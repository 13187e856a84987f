;;! expect = "refused"
;;! rule = "no_start"

;; The name is there, and no function behind it.
(module
  (memory (export "memory") (export "_start") 1))

;;! expect = "refused"
;;! rule = "invalid"

;; `externref` needs the collector too.
(module
  (memory (export "memory") 1)
  (table 1 externref)
  (func $main (export "_start")))

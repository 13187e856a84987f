;;! expect = "refused"
;;! rule = "invalid"

;; Memory shared by threads could be waited on outside of any deadline.
(module
  (memory (export "memory") 1 1 shared)
  (func $main (export "_start")))

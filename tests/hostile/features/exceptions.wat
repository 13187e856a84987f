;;! expect = "refused"
;;! rule = "invalid"

;; Exceptions are objects of the collector.
(module
  (memory (export "memory") 1)
  (tag $oops)
  (func $main (export "_start") (throw $oops)))

;;! expect = "refused"
;;! rule = "invalid"

;; 64-bit addresses have no guard that is large enough.
(module
  (memory (export "memory") i64 1)
  (func $main (export "_start")))

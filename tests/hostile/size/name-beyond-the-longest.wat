;;! expect = "refused"
;;! rule = "invalid"
;;! says = "string size out of bounds"

;; An export's name of 100,001 bytes.
(module
  (memory (export "memory") 1)
  (func $main (export "_start"))
  (export "<<n * 100001>>" (func $main)))

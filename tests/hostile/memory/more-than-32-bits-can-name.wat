;;! expect = "refused"
;;! rule = "invalid"

;; 65,537 pages: one more than 4 GiB.
(module
  (memory (export "memory") 65537)
  (func $main (export "_start")))

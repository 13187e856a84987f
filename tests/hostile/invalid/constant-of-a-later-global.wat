;;! expect = "refused"
;;! rule = "invalid"

;; A global that is made from one that comes after it: it would read what is not there yet.
(module
  (memory (export "memory") 1)
  (func $main (export "_start"))
  (global i32 (global.get 1))
  (global i32 (i32.const 1)))

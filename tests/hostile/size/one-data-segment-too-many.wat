;;! expect = "refused"
;;! rule = "invalid"

;; A hundred thousand and one.
(module
  (memory (export "memory") 1)
  ;;@repeat 100001
  (data "x")
  ;;@end
  (func $main (export "_start")))

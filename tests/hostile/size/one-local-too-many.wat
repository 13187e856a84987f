;;! expect = "refused"
;;! rule = "invalid"
;;! says = "too many locals"

;; Fifty thousand and one.
(module
  (memory (export "memory") 1)
  (func $main (export "_start")
    (local
    ;;@repeat 50001
    i64
    ;;@end
    )))

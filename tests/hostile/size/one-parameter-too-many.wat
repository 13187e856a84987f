;;! expect = "refused"
;;! rule = "invalid"

;; A function with 1001 parameters.
(module
  (memory (export "memory") 1)
  (func
    ;;@repeat 1001
    (param i64)
    ;;@end
    )
  (func $main (export "_start")))

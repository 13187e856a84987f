;;! expect = "refused"
;;! rule = "invalid"

;; A type with 1001 results.
(module
  (type (func (result
    ;;@repeat 1001
    i64
    ;;@end
    )))
  (memory (export "memory") 1)
  (func $main (export "_start")))

;;! expect = "refused"
;;! rule = "invalid"
;;! says = "function body size"

;; One function of more than ten megabytes. No function may have more than 7,654,321 bytes.
(module
  (memory (export "memory") 1)
  (func $main (export "_start")
    ;;@repeat 550000
    v128.const i64x2 0 0 drop
    ;;@end
    ))

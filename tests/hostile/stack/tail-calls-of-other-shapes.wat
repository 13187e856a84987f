;;! expect = "fuel_exhausted"
;;! [limits]
;;! fuel = "1 M"

;; Tail calls between functions of few and of many parameters: the frame is rebuilt each time, and
;; must not creep.
(module
  (memory (export "memory") 1)
  (type $many (func
    ;;@repeat 200
    (param i64)
    ;;@end
    ))
  (func $few (param i64)
    ;;@repeat 200
    (local.get 0)
    ;;@end
    return_call $more)
  (func $more (type $many) (return_call $few (local.get 199)))
  (func $main (export "_start") (call $few (i64.const 1))))

;;! expect = "trap"
;;! says = "call stack exhausted"

;; Arguments go by the stack when there are many of them.
(module
  (memory (export "memory") 1)
  (type $many (func
    ;;@repeat 1000
    (param i64)
    ;;@end
    ))
  (func $deep (type $many)
    ;;@repeat 1000
    (local.get {i})
    ;;@end
    call $deep)
  (func $main (export "_start")
    ;;@repeat 1000
    (i64.const {i})
    ;;@end
    call $deep))

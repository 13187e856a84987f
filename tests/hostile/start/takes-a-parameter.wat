;;! expect = "refused"
;;! rule = "invalid"
;;! says = "invalid start function type"

;; Nobody could give it one.
(module
  (memory (export "memory") 1)
  (func $before (param i32))
  (start $before)
  (func $main (export "_start")))

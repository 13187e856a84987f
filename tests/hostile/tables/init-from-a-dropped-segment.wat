;;! expect = "trap"
;;! says = "out of bounds table access"

;; A dropped element segment has no elements any more.
(module
  (memory (export "memory") 1)
  (table $t 10 funcref)
  (elem $gone func $main)
  (func $main (export "_start")
    (elem.drop $gone)
    (table.init $t $gone (i32.const 0) (i32.const 0) (i32.const 1))))

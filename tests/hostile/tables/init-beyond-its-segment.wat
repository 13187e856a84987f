;;! expect = "trap"
;;! says = "out of bounds table access"

;; What lies behind an element segment are the engine's own pointers.
(module
  (memory (export "memory") 1)
  (table $t 10 funcref)
  (elem $one func $main)
  (func $main (export "_start")
    (table.init $t $one (i32.const 0) (i32.const 0) (i32.const 2))))

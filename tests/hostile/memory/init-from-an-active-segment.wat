;;! expect = "trap"
;;! says = "out of bounds memory access"

;; An active segment counts as dropped once the instance stands.
(module
  (memory (export "memory") 1)
  (data $active (i32.const 0) "abcd")
  (func $main (export "_start")
    (memory.init $active (i32.const 8) (i32.const 0) (i32.const 4))))

;;! expect = "trap"
;;! says = "out of bounds memory access"

;; What lies behind a data segment in the module's own file is not to be read.
(module
  (memory (export "memory") 1)
  (data $four "abcd")
  (func $main (export "_start")
    (memory.init $four (i32.const 0) (i32.const 1) (i32.const 4))))

;;! expect = "trap"
;;! says = "out of bounds memory access"

;; Address and offset together are 2^33 - 2: the sum must not wrap round to 2^32 - 2 or to less.
(module
  (memory (export "memory") 1)
  (func $main (export "_start") (drop (i32.load8_u offset=4294967295 (i32.const -1)))))

;;! expect = "trap"
;;! says = "Pointer out of bounds"

;; The same with their number.
(module
  ;;@wasi args_sizes_get
  (memory (export "memory") 1)
  (func $main (export "_start") (drop (call $args_sizes_get (i32.const 0) (i32.const 65534)))))

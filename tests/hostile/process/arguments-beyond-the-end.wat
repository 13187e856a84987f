;;! expect = "trap"
;;! says = "Pointer out of bounds"

;; The arguments are to be written where there is no memory.
(module
  ;;@wasi args_get
  (memory (export "memory") 1)
  (func $main (export "_start") (drop (call $args_get (i32.const 65536) (i32.const -4)))))

;;! expect = "trap"
;;! says = "Pointer out of bounds"
;;! environment = { TZ = "UTC" }
;;! [capabilities]
;;! environment = ["TZ"]

;; One variable, whose text does not fit before the end of the memory.
(module
  ;;@wasi environ_get
  (memory (export "memory") 1)
  (func $main (export "_start") (drop (call $environ_get (i32.const 0) (i32.const 65532)))))

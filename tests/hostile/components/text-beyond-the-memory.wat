;;! expect = "trap"
;;! says = "out of bounds"

;; The output is said to have four gigabytes.
(component
  (core module $m
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (i32.const 1024))
    (func (export "manifest") (result i32) unreachable)
    (func (export "run") (param i32 i32) (result i32)
      (i32.store (i32.const 2052) (i32.const 16))
      (i32.store (i32.const 2056) (i32.const -1))
      (i32.const 2048)))
  (core instance $main (instantiate $m))
  (alias core export $main "memory" (core memory $mem))
  (alias core export $main "realloc" (core func $realloc))
  ;;@tool
)

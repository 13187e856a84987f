;;! expect = "trap"
;;! says = "out of bounds"

;; The result begins inside the memory and ends outside.
(component
  (core module $m
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (i32.const 1024))
    (func (export "manifest") (result i32) unreachable)
    (func (export "run") (param i32 i32) (result i32)
      (i32.const 65520)))
  (core instance $main (instantiate $m))
  (alias core export $main "memory" (core memory $mem))
  (alias core export $main "realloc" (core func $realloc))
  ;;@tool
)

;;! expect = "trap"
;;! says = "discriminant"

;; The result is neither a text nor an error.
(component
  (core module $m
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (i32.const 1024))
    (func (export "manifest") (result i32) unreachable)
    (func (export "run") (param i32 i32) (result i32)
      (i32.store8 (i32.const 2048) (i32.const 7))
      (i32.const 2048)))
  (core instance $main (instantiate $m))
  (alias core export $main "memory" (core memory $mem))
  (alias core export $main "realloc" (core func $realloc))
  ;;@tool
)

;;! expect = "output_exceeded"
;;! stdout_bytes = 65536
;;! [limits]
;;! output = "64 KiB"

;; An output of a megabyte where 64 KiB are allowed: what there is room for is kept.
(component
  (core module $m
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (i32.const 1024))
    (func (export "manifest") (result i32) unreachable)
    (func (export "run") (param i32 i32) (result i32)
      (if (i32.eq (memory.grow (i32.const 16)) (i32.const -1)) (then unreachable))
      (i32.store (i32.const 2052) (i32.const 65536))
      (i32.store (i32.const 2056) (i32.const 1048576))
      (i32.const 2048)))
  (core instance $main (instantiate $m))
  (alias core export $main "memory" (core memory $mem))
  (alias core export $main "realloc" (core func $realloc))
  ;;@tool
)

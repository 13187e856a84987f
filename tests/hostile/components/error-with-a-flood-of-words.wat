;;! expect = "tool_error"
;;! exit = 1
;;! stderr_bytes = 1024
;;! [limits]
;;! stderr = "1 KiB"

;; An error of a megabyte where a kilobyte of standard error is kept.
(component
  (core module $m
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (i32.const 1024))
    (func (export "manifest") (result i32) unreachable)
    (func (export "run") (param i32 i32) (result i32)
      (if (i32.eq (memory.grow (i32.const 16)) (i32.const -1)) (then unreachable))
      (memory.fill (i32.const 65536) (i32.const 97) (i32.const 1048576))
      (i32.store8 (i32.const 2048) (i32.const 1))
      (i32.store (i32.const 2060) (i32.const 65536))
      (i32.store (i32.const 2064) (i32.const 1048576))
      (i32.const 2048)))
  (core instance $main (instantiate $m))
  (alias core export $main "memory" (core memory $mem))
  (alias core export $main "realloc" (core func $realloc))
  ;;@tool
)

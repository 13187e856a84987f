;;! expect = "success"
;;! stdout = "true"

;; A tool that also exports `run` of a command, which would trap: it is called as a tool.
(component
  (core module $m
    (memory (export "memory") 1)
    (data (i32.const 16) "true")
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
    (func (export "trap") (result i32) unreachable)
    (func (export "manifest") (result i32) unreachable)
    (func (export "run") (param i32 i32) (result i32)
      (i32.store (i32.const 2052) (i32.const 16))
      (i32.store (i32.const 2056) (i32.const 4))
      (i32.const 2048)))
  (core instance $main (instantiate $m))
  (alias core export $main "memory" (core memory $mem))
  (alias core export $main "realloc" (core func $realloc))
  ;;@tool
  (func $shadow (result (result)) (canon lift (core func $main "trap")))
  (instance $entry (export "run" (func $shadow)))
  (export "wasi:cli/run@0.2.0" (instance $entry))
)

;;! expect = "fuel_exhausted"
;;! [limits]
;;! fuel = "1 M"

;; What is called to clean up after the result never returns.
(component
  (core module $m
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
    (func (export "manifest") (result i32) unreachable)
    (func (export "run") (param i32 i32) (result i32)
      (i32.store8 (i32.const 2048) (i32.const 0))
      (i32.store (i32.const 2052) (i32.const 16))
      (i32.store (i32.const 2056) (i32.const 4))
      (i32.const 2048))
    (func (export "done") (param i32) (loop $again (br $again))))
  (core instance $main (instantiate $m))
  (alias core export $main "memory" (core memory $mem))
  (alias core export $main "realloc" (core func $realloc))
  (type $record (record
    (field "code" string) (field "message" string) (field "details" (option string))))
  (export $tool-error "tool-error" (type $record))
  (func (export "manifest") (result string)
    (canon lift (core func $main "manifest") (memory $mem)))
  (func (export "run") (param "input" string) (result (result string (error $tool-error)))
    (canon lift (core func $main "run") (memory $mem) (realloc $realloc)
      (post-return (core func $main "done")))))

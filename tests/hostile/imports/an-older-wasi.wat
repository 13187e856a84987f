;;! expect = "refused"
;;! rule = "foreign_import"
;;! says = "wasi_unstable"

;; The names of preview 0, whose layouts differ.
(module
  (import "wasi_unstable" "fd_write" (func (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func $main (export "_start")))

;;! expect = "refused"
;;! rule = "foreign_import"

;; `fd_wrіte`, with a letter of another alphabet.
(module
  (import "wasi_snapshot_preview1" "fd_wr\d1\96te" (func (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func $main (export "_start")))

;;! expect = "refused"
;;! rule = "foreign_import"

;; WASI's own name with a NUL at its end, which a C library would not see.
(module
  (import "wasi_snapshot_preview1\00" "fd_write" (func (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func $main (export "_start")))

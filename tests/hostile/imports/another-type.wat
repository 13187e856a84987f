;;! expect = "refused"
;;! rule = "import_type"
;;! says = "fd_write"

;; WASI's name with a type of its own: 64-bit pointers would reach beyond the memory.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i64 i64 i64) (result i32)))
  (memory (export "memory") 1)
  (func $main (export "_start")))

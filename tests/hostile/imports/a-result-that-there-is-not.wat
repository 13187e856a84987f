;;! expect = "refused"
;;! rule = "import_type"
;;! says = "proc_exit"

;; A result of a function that never returns: it would be whatever a register holds.
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func (param i32) (result i64)))
  (memory (export "memory") 1)
  (func $main (export "_start")))

;;! expect = "refused"
;;! rule = "import_type"

;; The name is one of WASI's, and what is asked for under it is a memory.
(module
  (import "wasi_snapshot_preview1" "fd_write" (memory 1))
  (export "memory" (memory 0))
  (func $main (export "_start")))

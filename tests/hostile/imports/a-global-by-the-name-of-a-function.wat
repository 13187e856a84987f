;;! expect = "refused"
;;! rule = "import_type"

;; The same with a global that can be written.
(module
  (import "wasi_snapshot_preview1" "random_get" (global (mut i64)))
  (memory (export "memory") 1)
  (func $main (export "_start")))

;;! expect = "refused"
;;! rule = "foreign_import"

;; Asks the host for a memory to share.
(module
  (import "env" "memory" (memory 1))
  (export "memory" (memory 0))
  (func $main (export "_start")))

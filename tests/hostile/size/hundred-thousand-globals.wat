;;! expect = "refused"
;;! rule = "too_demanding"

;; Each instance would need a megabyte and a half for its globals alone: more than a slot of the
;; pool has for what is not memory or table.
(module
  (memory (export "memory") 1)
  ;;@repeat 100000
  (global (mut i64) (i64.const {i}))
  ;;@end
  (func $main (export "_start")))

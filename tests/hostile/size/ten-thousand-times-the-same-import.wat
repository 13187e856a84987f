;;! expect = "tool_error"
;;! exit = 42

;; The same function of the host is imported again and again, and the last one is called.
(module
  ;;@repeat 10000
  (import "wasi_snapshot_preview1" "proc_exit" (func (param i32)))
  ;;@end
  (memory (export "memory") 1)
  (func $main (export "_start") (call 9999 (i32.const 42))))

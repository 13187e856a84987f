;;! expect = "refused"
;;! rule = "invalid"

;; `memory.atomic.wait32` without a timeout would hold a thread of the host.
(module
  (memory (export "memory") 1)
  (func $main (export "_start")
    (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1)))))

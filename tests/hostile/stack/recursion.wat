;;! expect = "trap"
;;! says = "call stack exhausted"
;;! backtrace = ["deep", "deep", "deep"]

;; Calls itself for ever: the guest's stack ends before the host's does.
(module
  (memory (export "memory") 1)
  (func $deep (param $n i64) (result i64)
    (i64.add (local.get $n) (call $deep (i64.add (local.get $n) (i64.const 1)))))
  (func $main (export "_start") (drop (call $deep (i64.const 0)))))

;;! expect = "trap"
;;! says = "unreachable"
;;! backtrace = ["deeper", "deep", "main"]

;; The plainest of all traps, with a backtrace that says where.
(module
  (memory (export "memory") 1)
  (func $deeper unreachable)
  (func $deep (call $deeper))
  (func $main (export "_start") (call $deep)))

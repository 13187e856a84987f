;;! expect = "trap"
;;! says = "unreachable"

;; A function's name in the name section that is as long as a name may be: the backtrace cuts it.
(module
  (memory (export "memory") 1)
  (func $<<n * 100000>> unreachable)
  (func $main (export "_start") (call 0)))

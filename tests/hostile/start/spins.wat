;;! expect = "fuel_exhausted"
;;! backtrace = ["before"]
;;! [limits]
;;! fuel = "1 M"

;; Work that hides in the start function, before `_start` is ever called.
(module
  (memory (export "memory") 1)
  (func $before (loop $again (br $again)))
  (start $before)
  (func $main (export "_start") unreachable))

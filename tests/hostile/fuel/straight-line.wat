;;! expect = "fuel_exhausted"
;;! backtrace = ["next", "main"]
;;! [limits]
;;! fuel = "50 k"

;; A hundred thousand additions in a row, without a loop or a call. They are counted like any
;; others; the count is looked at where the next function begins, and no code that comes back to
;; itself gets round that.
(module
  (memory (export "memory") 1)
  (func $main (export "_start")
    (local $i i32)
    ;;@repeat 100000
    (local.set $i (i32.add (local.get $i) (i32.load (i32.const 0))))
    ;;@end
    (if (local.get $i) (then unreachable))
    (call $next))
  (func $next unreachable))

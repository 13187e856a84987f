;;! expect = "fuel_exhausted"
;;! backtrace = ["main"]
;;! [limits]
;;! fuel = "1 M"

;; For ever, in the smallest loop there is.
(module
  (memory (export "memory") 1)
  (func $main (export "_start") (loop $again (br $again))))

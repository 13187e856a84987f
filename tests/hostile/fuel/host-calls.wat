;;! expect = "fuel_exhausted"
;;! [limits]
;;! fuel = "100 k"

;; Nothing but calls into the host: they cost fuel as well.
(module
  ;;@wasi sched_yield
  (memory (export "memory") 1)
  (func $main (export "_start")
    (loop $again (drop (call $sched_yield)) (br $again))))

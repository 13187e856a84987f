;;! expect = "deadline_exceeded"
;;! [limits]
;;! fuel = "1000 G"
;;! wall_time = "50 ms"

;; Gives way again and again: that is no way round the deadline.
(module
  ;;@wasi sched_yield
  (memory (export "memory") 1)
  (func $main (export "_start") (loop $again (drop (call $sched_yield)) (br $again))))

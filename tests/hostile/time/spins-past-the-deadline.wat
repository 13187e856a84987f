;;! expect = "deadline_exceeded"
;;! [limits]
;;! fuel = "1000 G"
;;! wall_time = "50 ms"

;; More fuel than time.
(module
  (memory (export "memory") 1)
  (func $main (export "_start") (loop $again (br $again))))

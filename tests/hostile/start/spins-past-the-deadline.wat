;;! expect = "deadline_exceeded"
;;! [limits]
;;! fuel = "1000 G"
;;! wall_time = "50 ms"

;; The same with more fuel than time.
(module
  (memory (export "memory") 1)
  (func $before (loop $again (br $again)))
  (start $before)
  (func $main (export "_start")))

;;! expect = "deadline_exceeded"
;;! [limits]
;;! fuel = "1000 G"
;;! wall_time = "100 ms"
;;! [capabilities]
;;! random = "real"

;; 32 MiB of the host's randomness again and again: work in the host is on the clock as well.
(module
  ;;@wasi random_get
  (memory (export "memory") 512)
  (func $main (export "_start")
    (loop $again
      (drop (call $random_get (i32.const 0) (i32.const 33554432)))
      (br $again))))

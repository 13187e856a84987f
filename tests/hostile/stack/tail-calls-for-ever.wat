;;! expect = "fuel_exhausted"
;;! [limits]
;;! fuel = "1 M"

;; Tail calls use no stack, so only fuel ends this.
(module
  (memory (export "memory") 1)
  (func $ping (param i32) (return_call $pong (local.get 0)))
  (func $pong (param i32) (return_call $ping (local.get 0)))
  (func $main (export "_start") (call $ping (i32.const 1))))

;;! expect = "fuel_exhausted"
;;! backtrace = ["spins", "main"]
;;! stdout = "1"
;;! [limits]
;;! fuel = "1 M"

;; What was written before the fuel ran out is there, and the backtrace says where it did.
(module
  ;;@wasi fd_write
  (memory (export "memory") 1)
  (data (i32.const 0) "\10\00\00\00\01\00\00\00")
  (data (i32.const 16) "1")
  (func $spins (loop $again (br $again)))
  (func $main (export "_start")
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
    (call $spins)))

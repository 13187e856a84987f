;;! expect = "trap"
;;! says = "random bytes"

;; Asks for a terabyte of random bytes at once: the host makes no list of that length.
(component
  ;;@use random
  ;;@memory
  ;;@lower bytes random get-random-bytes
  (core module $main-module
    (import "env" "memory" (memory 1))
    (import "env" "bytes" (func $bytes (param i64 i32)))
    (func (export "run") (result i32)
      (call $bytes (i64.const 0x10000000000) (i32.const 0))
      (i32.const 0)))
  ;;@main
  ;;@command
)

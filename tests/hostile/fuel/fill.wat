;;! expect = "fuel_exhausted"
;;! [limits]
;;! fuel = "10 M"

;; One instruction that writes a mebibyte, again and again: bytes are work, not instructions.
(module
  (memory (export "memory") 16)
  (func $main (export "_start")
    (loop $again
      (memory.fill (i32.const 0) (i32.const 1) (i32.const 1048576))
      (br $again))))

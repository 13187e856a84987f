;;! expect = "trap"
;;! says = "out of bounds memory access"

;; Address -1: what lies before a memory is another slot of the pool.
(module
  (memory (export "memory") 1)
  (func $main (export "_start") (drop (i32.load (i32.const -4)))))

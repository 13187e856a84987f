;;! expect = "trap"
;;! says = "out of bounds table access"

;; Element -1, and one that times eight wraps round to 0.
(module
  (memory (export "memory") 1)
  (table 10 funcref)
  (func $main (export "_start")
    (drop (ref.is_null (table.get (i32.const 0x20000000))))
    (call_indirect (i32.const -1))))

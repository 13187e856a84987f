;;! expect = "refused"
;;! rule = "invalid"
;;! says = "type mismatch"

;; Takes what nobody put there.
(module
  (memory (export "memory") 1)
  (func $main (export "_start") i32.add drop))

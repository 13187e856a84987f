;;! expect = "trap"
;;! says = "out of bounds memory access"

;; Writes at every distance where a neighbour's memory could begin, from 64 MiB (the pool's slot)
;; to the end of what 32 bits can name. The first write must trap already.
(module
  (memory (export "memory") 1)
  (func $main (export "_start")
    (local $at i32)
    (local.set $at (i32.const 67108864))
    (loop $again
      (i64.store (local.get $at) (i64.const 0x4141414141414141))
      (br_if $again (local.tee $at (i32.add (local.get $at) (i32.const 67108864)))))))

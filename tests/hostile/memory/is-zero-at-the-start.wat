;;! expect = "tool_error"
;;! exit = 42
;;! [limits]
;;! fuel = "1 G"

;; Looks for anything that an earlier call left, in every byte of its memory and of what it grows
;; to, and leaves a pattern for the next one. The second run of this very case would find it.
(module
  ;;@wasi proc_exit
  (memory (export "memory") 16)
  (func $main (export "_start")
    (local $at i32)
    (if (i32.ne (memory.grow (i32.const 48)) (i32.const 16)) (then unreachable))
    (loop $again
      (if (i32.eqz (i64.eqz (i64.load (local.get $at)))) (then unreachable))
      (br_if $again (i32.lt_u
        (local.tee $at (i32.add (local.get $at) (i32.const 8))) (i32.const 4194304))))
    (memory.fill (i32.const 0) (i32.const 0x5a) (i32.const 4194304))
    (call $proc_exit (i32.const 42))))

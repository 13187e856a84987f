;;! expect = "tool_error"
;;! exit = 42

;; Looks for a function that an earlier call left in any element, and leaves its own for the next.
(module
  ;;@wasi proc_exit
  (memory (export "memory") 1)
  (table $t 20000 funcref)
  (elem declare func $main)
  (func $main (export "_start")
    (local $i i32)
    (loop $again
      (if (i32.eqz (ref.is_null (table.get $t (local.get $i)))) (then unreachable))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 20000))))
    (table.fill $t (i32.const 0) (ref.func $main) (i32.const 20000))
    (call $proc_exit (i32.const 42))))

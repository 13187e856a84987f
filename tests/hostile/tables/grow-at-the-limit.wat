;;! expect = "tool_error"
;;! exit = 42
;;! [limits]
;;! table_elements = 100

;; Exactly as many elements as the policy allows; the new ones are what the guest said.
(module
  ;;@wasi proc_exit
  (memory (export "memory") 1)
  (table $t 1 funcref)
  (elem declare func $proc_exit)
  (func $main (export "_start")
    (if (i32.ne (table.grow $t (ref.func $proc_exit) (i32.const 99)) (i32.const 1)) (then unreachable))
    (call_indirect (param i32) (i32.const 42) (i32.const 99))))

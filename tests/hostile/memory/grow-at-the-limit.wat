;;! expect = "tool_error"
;;! exit = 42
;;! peak_pages = 32
;;! [limits]
;;! memory = "2 MiB"

;; Grows to exactly what the policy allows, and uses the last byte of it. Limits are inclusive:
;; this must work, or programs would be refused what they were promised.
(module
  ;;@wasi proc_exit
  (memory (export "memory") 1)
  (func $main (export "_start")
    (if (i32.ne (memory.grow (i32.const 31)) (i32.const 1)) (then unreachable))
    (i32.store8 (i32.const 2097151) (i32.const 7))
    (if (i32.ne (i32.load8_u (i32.const 2097151)) (i32.const 7)) (then unreachable))
    (call $proc_exit (i32.const 42))))

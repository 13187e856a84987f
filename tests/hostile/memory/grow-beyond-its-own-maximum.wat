;;! expect = "tool_error"
;;! exit = 42
;;! peak_pages = 2

;; Beyond the maximum that the module set itself: WebAssembly says no, and no rule of the policy
;; was touched, so nothing is recorded as denied.
(module
  ;;@wasi proc_exit
  (memory (export "memory") 1 2)
  (func $main (export "_start")
    (if (i32.ne (memory.grow (i32.const 2)) (i32.const -1)) (then unreachable))
    (if (i32.ne (memory.grow (i32.const 1)) (i32.const 1)) (then unreachable))
    (call $proc_exit (i32.const 42))))

;;! expect = "tool_error"
;;! exit = 42
;;! peak_pages = 1

;; Grows by 2^32 - 1 and by 2^31 pages: sums of sizes must not wrap round to something small. More
;; than 32 bits can name is WebAssembly's own no, so nothing is recorded as denied.
(module
  ;;@wasi proc_exit
  (memory (export "memory") 1)
  (func $main (export "_start")
    (if (i32.ne (memory.grow (i32.const -1)) (i32.const -1)) (then unreachable))
    (if (i32.ne (memory.grow (i32.const 0x80000000)) (i32.const -1)) (then unreachable))
    (if (i32.ne (memory.size) (i32.const 1)) (then unreachable))
    (call $proc_exit (i32.const 42))))

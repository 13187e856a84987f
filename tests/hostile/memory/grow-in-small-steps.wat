;;! expect = "memory_exceeded"
;;! denied = ["memory.grow 1114112 bytes (memory)"]
;;! peak_pages = 16
;;! [limits]
;;! memory = "1 MiB"

;; Page by page for ever: each step is small, and the sum is what counts.
(module
  (memory (export "memory") 0)
  (func $main (export "_start")
    (loop $again
      (br_if $again (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
    unreachable))

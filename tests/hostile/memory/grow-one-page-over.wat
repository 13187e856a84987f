;;! expect = "memory_exceeded"
;;! says = "33 pages"
;;! denied = ["memory.grow 2162688 bytes (memory)"]
;;! peak_pages = 1
;;! backtrace = ["main"]
;;! [limits]
;;! memory = "2 MiB"

;; One page more than the policy allows. The guest is told no, and falls over as allocators do:
;; the outcome names the memory and not the trap.
(module
  (memory (export "memory") 1)
  (func $main (export "_start")
    (if (i32.eq (memory.grow (i32.const 32)) (i32.const -1)) (then unreachable))))

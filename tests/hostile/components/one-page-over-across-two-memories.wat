;;! expect = "memory_exceeded"
;;! says = "34 pages"
;;! denied = ["memory.grow 2228224 bytes (memory)"]
;;! [limits]
;;! memory = "2 MiB"

;; Two memories, each within the limit and both together beyond it, from their start.
(component
  (core module $m (memory (export "memory") 17)
    (func (export "run") (result i32)
      (i32.const 0)))
  (core instance $one (instantiate $m))
  (core instance $main (instantiate $m))
  ;;@command
)

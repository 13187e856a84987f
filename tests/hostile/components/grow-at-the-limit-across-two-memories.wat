;;! expect = "tool_error"
;;! exit = 1
;;! peak_pages = 32
;;! [limits]
;;! memory = "2 MiB"

;; Two memories of 8 pages; one grows until both together have exactly what is allowed.
(component
  (core module $m (memory (export "memory") 8)
    (func (export "run") (result i32)
      (if (i32.ne (memory.grow (i32.const 16)) (i32.const 8)) (then unreachable))
      (i32.const 1)))
  (core instance $one (instantiate $m))
  (core instance $main (instantiate $m))
  ;;@command
)

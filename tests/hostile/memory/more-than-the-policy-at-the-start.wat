;;! expect = "memory_exceeded"
;;! says = "17 pages"
;;! denied = ["memory.grow 1114112 bytes (memory)"]
;;! peak_pages = 0
;;! [limits]
;;! memory = "1 MiB"

;; Asks in its declaration for what it could not grow to.
(module
  (memory (export "memory") 17)
  (func $main (export "_start")))

;;! expect = "memory_exceeded"
;;! denied = ["memory.grow 67174400 bytes (memory)"]
;;! backtrace = ["before"]

;; Limits hold before `_start` too.
(module
  (memory (export "memory") 1)
  (func $before (if (i32.eq (memory.grow (i32.const 1024)) (i32.const -1)) (then unreachable)))
  (start $before)
  (func $main (export "_start")))

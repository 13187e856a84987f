;;! expect = "trap"
;;! backtrace = ["\u001b[2J\u001b]0;owned\u0007"]

;; A name that a terminal would obey comes through as data.
(module
  (memory (export "memory") 1)
  (func $evil (@name "\1b[2J\1b]0;owned\07") unreachable)
  (func $main (export "_start") (call $evil)))

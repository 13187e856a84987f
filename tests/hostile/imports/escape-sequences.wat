;;! expect = "refused"
;;! rule = "foreign_import"

;; A name that a terminal would obey, in a message that operators read.
(module
  (import "\1b]0;owned\07" "\1b[2J" (func))
  (memory (export "memory") 1)
  (func $main (export "_start")))

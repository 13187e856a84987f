;;! expect = "trap"
;;! says = "unreachable"

;; Names in the forms of compilers, broken off and nested without end: whoever makes them readable
;; must come to an end.
(module
  (memory (export "memory") 1)
  (func $a (@name "_RNvC<<INtC * 5000>>") unreachable)
  (func $b (@name "_ZN99999999999999999999foo17h0123456789abcdefE") (call $a))
  (func $c (@name "_RINvNtC3std3mem8align_ofjdE<<B_ * 5000>>") (call $b))
  (func $main (export "_start") (call $c)))

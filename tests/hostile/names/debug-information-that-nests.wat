;;! expect = "trap"
;;! says = "unreachable"
;;! backtrace = ["deep", "main"]

;; DWARF with a unit that has a hundred thousand children inside each other: no one may walk them
;; by recursion.
(module
  (memory (export "memory") 1)
  (func $deep unreachable)
  (func $main (export "_start") (call $deep))
  (@custom ".debug_abbrev" "\01\11\01\00\00\02\34\01\00\00\00")
  (@custom ".debug_info" "\a8\86\01\00\04\00\00\00\00\00\04\01<<\02 * 100000>>"))

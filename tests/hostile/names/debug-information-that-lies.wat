;;! expect = "trap"
;;! says = "unreachable"
;;! backtrace = ["deep", "main"]

;; DWARF whose lengths and offsets lead nowhere: the backtrace does without it.
(module
  (memory (export "memory") 1)
  (func $deep unreachable)
  (func $main (export "_start") (call $deep))
  (@custom ".debug_info" "\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\7f\04\00\ff\ff\ff\ff\08\01\02\03")
  (@custom ".debug_abbrev" "\01\11\01\03\08\ff\ff\ff\ff\ff\ff\ff\ff")
  (@custom ".debug_line" "\ff\ff\ff\7f\05\00\08\00\ff\ff\ff\7f\01\01\01\ff\f2\0d")
  (@custom ".debug_str" "\ff\fe\fd")
  (@custom ".debug_ranges" "\ff\ff\ff\ff\00\00\00\00"))

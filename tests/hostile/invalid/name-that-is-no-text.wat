;;! expect = "refused"
;;! rule = "invalid"
;;! says = "malformed UTF-8"

;; An export whose name is no UTF-8.
(module binary
  "\00asm\01\00\00\00"
  "\01\04\01\60\00\00"
  "\03\02\01\00"
  "\05\03\01\00\01"
  "\07\06\01\02\ff\fe\00\00"
  "\0a\04\01\02\00\0b")

;;! expect = "refused"
;;! rule = "invalid"
;;! says = "data count and data section have inconsistent lengths"

;; One data segment is announced, for `memory.init` to be checked against, and two are there.
(module binary
  "\00asm\01\00\00\00"
  "\01\04\01\60\00\00"
  "\03\02\01\00"
  "\05\03\01\00\01"
  "\07\13\02\06_start\00\00\06memory\02\00"
  "\0c\01\01"
  "\0a\04\01\02\00\0b"
  "\0b\07\02\01\01x\01\01y")

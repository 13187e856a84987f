;;! expect = "refused"
;;! rule = "invalid"
;;! says = "alignment must not be larger than natural"

;; An alignment hint larger than the access, written as bytes: `i32.load8_u align=2`.
(module binary
  "\00asm\01\00\00\00"
  "\01\04\01\60\00\00"
  "\03\02\01\00"
  "\05\03\01\00\01"
  "\07\13\02\06_start\00\00\06memory\02\00"
  "\0a\0a\01\08\00\41\00\2d\01\00\1a\0b")

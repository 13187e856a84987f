;;! expect = "refused"
;;! rule = "invalid"
;;! says = "illegal opcode"

;; An opcode that nobody has given a meaning to.
(module binary
  "\00asm\01\00\00\00"
  "\01\04\01\60\00\00"
  "\03\02\01\00"
  "\05\03\01\00\01"
  "\07\13\02\06_start\00\00\06memory\02\00"
  "\0a\05\01\03\00\27\0b")

;;! expect = "refused"
;;! rule = "invalid"
;;! says = "function and code section have inconsistent lengths"

;; Two functions are declared, and one has a body.
(module binary
  "\00asm\01\00\00\00"
  "\01\04\01\60\00\00"
  "\03\03\02\00\00"
  "\05\03\01\00\01"
  "\07\13\02\06_start\00\00\06memory\02\00"
  "\0a\04\01\02\00\0b")

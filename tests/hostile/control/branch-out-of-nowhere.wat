;;! expect = "refused"
;;! rule = "invalid"
;;! says = "unknown label"

;; Branches to a block that there is not, as bytes: text could not say it.
(module binary
  "\00asm\01\00\00\00"
  "\01\04\01\60\00\00"
  "\03\02\01\00"
  "\05\03\01\00\01"
  "\07\13\02\06_start\00\00\06memory\02\00"
  "\0a\06\01\04\00\0c\7f\0b")

;;! expect = "refused"
;;! rule = "invalid"
;;! says = "duplicate export name"

;; Two functions called `_start`: which one was inspected, and which one would run? As bytes, since
;; text can't say it.
(module binary
  "\00asm\01\00\00\00"
  "\01\04\01\60\00\00"
  "\03\03\02\00\00"
  "\05\03\01\00\01"
  "\07\1c\03\06_start\00\00\06_start\00\01\06memory\02\00"
  "\0a\07\02\02\00\0b\02\00\0b")

;;! expect = "trap"
;;! says = "unreachable"

;; A name section that names functions there are not, and ends amid a length.
(module binary
  "\00asm\01\00\00\00"
  "\01\04\01\60\00\00"
  "\03\02\01\00"
  "\05\03\01\00\01"
  "\07\13\02\06_start\00\00\06memory\02\00"
  "\0a\05\01\03\00\00\0b"
  "\00\12\04name\01\0a\02\ff\ff\ff\ff\0f\01x\80\80\80")

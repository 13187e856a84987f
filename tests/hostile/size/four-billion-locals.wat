;;! expect = "refused"
;;! rule = "invalid"
;;! says = "too many locals"

;; Two groups of 2^31 locals each, in a dozen bytes: the sum wraps round to none.
(module binary
  "\00asm\01\00\00\00"
  "\01\04\01\60\00\00"
  "\03\02\01\00"
  "\05\03\01\00\01"
  "\07\13\02\06_start\00\00\06memory\02\00"
  "\0a\10\01\0e\02\80\80\80\80\08\7f\80\80\80\80\08\7f\0b")

;;! expect = "refused"
;;! rule = "invalid"
;;! says = "unknown type"

;; A function of type 2^32 - 1.
(module binary
  "\00asm\01\00\00\00"
  "\01\04\01\60\00\00"
  "\03\06\01\ff\ff\ff\ff\0f")

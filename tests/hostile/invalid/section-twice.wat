;;! expect = "refused"
;;! rule = "invalid"

;; Two sections of types: which ones hold?
(module binary "\00asm\01\00\00\00" "\01\04\01\60\00\00" "\01\04\01\60\00\00")

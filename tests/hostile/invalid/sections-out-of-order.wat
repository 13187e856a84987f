;;! expect = "refused"
;;! rule = "invalid"
;;! says = "section out of order"

;; Tables after memories.
(module binary "\00asm\01\00\00\00" "\05\03\01\00\01" "\04\04\01\70\00\01")

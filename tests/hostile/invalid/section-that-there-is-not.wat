;;! expect = "refused"
;;! rule = "invalid"

;; Section 99.
(module binary "\00asm\01\00\00\00" "\63\01\00")

;;! expect = "refused"
;;! rule = "invalid"

;; Four billion types are announced, and there is room for none.
(module binary "\00asm\01\00\00\00" "\01\05\ff\ff\ff\ff\0f")

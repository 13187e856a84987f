;;! expect = "refused"
;;! rule = "invalid"

;; A section of four gigabytes in a file of twenty bytes: nobody may make room for it first.
(module binary "\00asm\01\00\00\00" "\01\ff\ff\ff\ff\0f\01")

;;! expect = "refused"
;;! rule = "invalid"

;; A length whose bytes all say that there is another.
(module binary "\00asm\01\00\00\00" "\01\80\80\80\80\80\80\80\80\80\00")

;;! expect = "refused"
;;! rule = "no_start"

;; Eight bytes: a valid module without anything in it.
(module binary "\00asm\01\00\00\00")

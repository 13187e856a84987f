;;! expect = "refused"
;;! rule = "invalid"

;; Neither a module nor a component.
(module binary "\00asm\01\00\07\00")

;;! expect = "refused"
;;! rule = "component"

;; A component instead of a module.
(component)

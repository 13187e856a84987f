;;! expect = "refused"
;;! rule = "no_entry"

;; A component that does nothing: there is nothing to call.
(component)

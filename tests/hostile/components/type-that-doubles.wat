;;! expect = "refused"
;;! rule = "invalid"

;; Tuples of two of the one before: thirty lines for a type of a billion parts.
(component
  (type (tuple u64 u64))
  ;;@repeat 30
  (type (tuple {i} {i}))
  ;;@end
)

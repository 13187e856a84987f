;;! expect = "refused"
;;! rule = "invalid"

;; A type of a hundred thousand lists inside each other.
(component
  (type $t0 (list u8))
  ;;@repeat 100000
  (type (list {i}))
  ;;@end
)

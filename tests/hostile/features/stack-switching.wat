;;! expect = "refused"
;;! rule = "invalid"

;; Stacks of the guest's own would be memory that no limit counts.
(module
  (type $f (func))
  (type $c (cont $f))
  (memory (export "memory") 1)
  (elem declare func $main)
  (func $main (export "_start") (drop (cont.new $c (ref.func $main)))))

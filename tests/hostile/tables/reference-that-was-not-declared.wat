;;! expect = "refused"
;;! rule = "invalid"
;;! says = "undeclared function reference"

;; `ref.func` of a function that no segment or export names.
(module
  (memory (export "memory") 1)
  (func $hidden)
  (func $main (export "_start") (drop (ref.func $hidden))))

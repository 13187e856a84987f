;;! expect = "refused"
;;! rule = "invalid"

;; Objects of a collector are memory that no limit counts yet.
(module
  (type $node (struct (field (mut i64))))
  (memory (export "memory") 1)
  (func $main (export "_start") (drop (struct.new $node (i64.const 1)))))

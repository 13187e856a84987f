;;! expect = "refused"
;;! rule = "invalid"

;; Pages of another size would turn every count of pages into something else.
(module
  (memory (export "memory") 1 (pagesize 1))
  (func $main (export "_start")))

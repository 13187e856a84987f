;;! expect = "refused"
;;! rule = "no_memory"

;; There is a memory, but not under the name by which the host looks for it.
(module
  (memory (export "mem") 1)
  (func $main (export "_start")))

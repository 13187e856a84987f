;;! expect = "refused"
;;! rule = "no_start"

;; `_start` is a function of the host itself, passed on.
(module
  ;;@wasi proc_exit
  (memory (export "memory") 1)
  (export "_start" (func $proc_exit)))

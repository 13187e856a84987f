;;! expect = "refused"
;;! rule = "too_large"

;; More than 16 MiB of data: refused by its size, before anything of it is looked at.
(module
  (memory (export "memory") 1)
  (data
    ;;@repeat 1700
    "<<0123456789 * 1000>>"
    ;;@end
    )
  (func $main (export "_start")))

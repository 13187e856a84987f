;;! expect = "refused"
;;! rule = "invalid"
;;! says = "`br_table` has 100000 targets"

;; A branch table of a hundred thousand entries is more than the compiler takes: it says so instead
;; of giving up in another way.
(module
  (memory (export "memory") 1)
  (func $main (export "_start")
    (block $only
      (br_table
        ;;@repeat 100000
        $only
        ;;@end
        $only (i32.const 1)))))

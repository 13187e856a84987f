;;! expect = "tool_error"
;;! exit = 42

;; Three hundred blocks inside each other, each with a table that can leave any of twenty: the
;; compiler's passes over the graph of blocks have to survive that many edges.
(module
  ;;@wasi proc_exit
  (memory (export "memory") 1)
  (func $main (export "_start")
    ;;@repeat 320
    block
    ;;@end
    ;;@repeat 300
    (br_if 0 (i32.load offset={i} (i32.const 0)))
    (br_table <<0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19  * 5>> 0 (i32.load (i32.const {i})))
    end
    ;;@end
    ;;@repeat 20
    end
    ;;@end
    (call $proc_exit (i32.const 42))))

;;! expect = "trap"
;;! says = "call stack exhausted"

;; Frames of many kilobytes: a frame that is larger than a guard page must not step over it.
(module
  (memory (export "memory") 1)
  (func $deep (param $n i32) (result i32)
    ;;@repeat 4000
    (local $l{i} i64)
    ;;@end
    ;;@repeat 4000
    (local.set $l{i} (i64.load offset={i} (i32.and (local.get $n) (i32.const 0xff0))))
    ;;@end
    (drop (call $deep (i32.add (local.get $n) (i32.const 8))))
    ;;@repeat 4000
    (i64.store (i32.const 0) (i64.xor (i64.load (i32.const 0)) (local.get $l{i})))
    ;;@end
    (local.get $n))
  (func $main (export "_start") (drop (call $deep (i32.const 0)))))

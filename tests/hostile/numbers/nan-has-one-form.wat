;;! expect = "tool_error"
;;! exit = 42

;; The bits of a NaN differ between processors, and would tell them apart. What arithmetic makes
;; here is always the same one, for both widths, also inside vectors.
(module
  ;;@wasi proc_exit
  (memory (export "memory") 1)
  (func $main (export "_start")
    (f64.store (i32.const 0) (f64.div (f64.load (i32.const 64)) (f64.load (i32.const 64))))
    (if (i64.ne (i64.load (i32.const 0)) (i64.const 0x7ff8000000000000)) (then unreachable))
    (f32.store (i32.const 0) (f32.sqrt (f32.neg (f32.add (f32.load (i32.const 64)) (f32.const 1)))))
    (if (i32.ne (i32.load (i32.const 0)) (i32.const 0x7fc00000)) (then unreachable))
    (f64.store (i32.const 0) (f64.add (f64.const -nan:0x4000000000001) (f64.load (i32.const 64))))
    (if (i64.ne (i64.load (i32.const 0)) (i64.const 0x7ff8000000000000)) (then unreachable))
    (v128.store (i32.const 0) (f64x2.div (v128.load (i32.const 64)) (v128.load (i32.const 64))))
    (if (i64.ne (i64.load (i32.const 8)) (i64.const 0x7ff8000000000000)) (then unreachable))
    (call $proc_exit (i32.const 42))))

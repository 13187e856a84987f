;;! expect = "tool_error"
;;! exit = 42

;; Relaxed SIMD may differ between processors; here it has the answers that the deterministic
;; profile names.
(module
  ;;@wasi proc_exit
  (memory (export "memory") 1)
  (func $main (export "_start")
    ;; Out of range lanes of a relaxed swizzle are zero.
    (if (i32.ne (i8x16.extract_lane_u 0
          (i8x16.relaxed_swizzle (v128.const i8x16 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16)
            (v128.const i8x16 127 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0))) (i32.const 0)) (then unreachable))
    ;; What is no number becomes 0, what is too large the largest.
    (v128.store (i32.const 0) (i32x4.relaxed_trunc_f32x4_s (v128.const f32x4 nan 1e30 -1e30 1)))
    (if (i32.load (i32.const 0)) (then unreachable))
    (if (i32.ne (i32.load (i32.const 4)) (i32.const 0x7fffffff)) (then unreachable))
    (call $proc_exit (i32.const 42))))

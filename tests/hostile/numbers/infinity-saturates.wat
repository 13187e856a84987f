;;! expect = "tool_error"
;;! exit = 42

;; The saturating conversions have an answer for everything, and never trap.
(module
  ;;@wasi proc_exit
  (memory (export "memory") 1)
  (func $main (export "_start")
    (if (i32.ne (i32.trunc_sat_f32_s (f32.const inf)) (i32.const 0x7fffffff)) (then unreachable))
    (if (i32.ne (i32.trunc_sat_f64_u (f64.const -1e300)) (i32.const 0)) (then unreachable))
    (if (i64.ne (i64.trunc_sat_f64_s (f64.const nan)) (i64.const 0)) (then unreachable))
    (call $proc_exit (i32.const 42))))

;;! expect = "tool_error"
;;! exit = 42

;; What compilers of today use is there: bulk memory, several results, sign extension, references
;; to functions, SIMD, tail calls, constants that are computed.
(module
  ;;@wasi proc_exit
  (memory (export "memory") 1)
  (table $t 2 funcref)
  (global $g i32 (i32.add (i32.const 40) (i32.const 2)))
  (func $two (result i32 i32) (i32.const 1) (global.get $g))
  (func $leave (param i32) (return_call $proc_exit (local.get 0)))
  (func $main (export "_start")
    (local $answer i32)
    (memory.fill (i32.const 0) (i32.const 0xff) (i32.const 8))
    (if (i32.ne (i32.extend8_s (i32.load8_u (i32.const 0))) (i32.const -1)) (then unreachable))
    (if (i32.eqz (ref.is_null (table.get $t (i32.const 1)))) (then unreachable))
    (drop (i32x4.extract_lane 0 (i32x4.splat (i32.const 1))))
    call $two
    local.set $answer
    drop
    (call $leave (local.get $answer))))

;;! expect = "tool_error"
;;! exit = 42

;; A branch table of sixty-five thousand entries (the compiler takes 65,520), entered at an index far beyond its end.
(module
  ;;@wasi proc_exit
  (memory (export "memory") 1)
  (func $main (export "_start")
    (block $default
      (block $never
        (br_table
          ;;@repeat 65000
          $never
          ;;@end
          $default (i32.const -1)))
      unreachable)
    (call $proc_exit (i32.const 42))))

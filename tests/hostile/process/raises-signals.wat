;;! expect = "trap"

;; Asks the host to raise SIGKILL, SIGSEGV and a signal that there is not: no signal is raised.
(module
  ;;@wasi proc_raise proc_exit
  (memory (export "memory") 1)
  (func $main (export "_start")
    (drop (call $proc_raise (i32.const 9)))
    (drop (call $proc_raise (i32.const 11)))
    (drop (call $proc_raise (i32.const -1)))
    (call $proc_exit (i32.const 42))))

;;! expect = "tool_error"
;;! exit = 42

;; Exports what other hosts would call before or instead of `_start`: none of it is called.
(module
  ;;@wasi proc_exit
  (memory (export "memory") 1)
  (func (export "_initialize") unreachable)
  (func (export "__wasm_call_ctors") unreachable)
  (func (export "main") (param i32 i32) (result i32) unreachable)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
  (func (export "__data_end") unreachable)
  (func $main (export "_start") (call $proc_exit (i32.const 42))))

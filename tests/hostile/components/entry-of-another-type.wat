;;! expect = "refused"
;;! rule = "no_entry"

;; Exports what a command exports, of another type.
(component
  (core module $m (func (export "run") (result i32) (i32.const 0)))
  (core instance $main (instantiate $m))
  (func $run (result u32) (canon lift (core func $main "run")))
  (instance $entry (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $entry))
)

;;! expect = "refused"
;;! rule = "no_entry"

;; A `run` of its own beside no interface, and a `manifest` that is none.
(component
  (core module $m (func (export "run") (result i32) (i32.const 0)))
  (core instance $main (instantiate $m))
  (func (export "run") (result u32) (canon lift (core func $main "run")))
  (func (export "manifest") (result u32) (canon lift (core func $main "run")))
)

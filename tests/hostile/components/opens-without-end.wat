;;! expect = "tool_error"
;;! exit = 1
;;! [place]
;;! files = { "box/a" = "a" }
;;! [[folder]]
;;! guest = "/box"
;;! host = "box"

;; Opens a file again and again and drops none: descriptors are the whole process's. The hundred and
;; first is refused.
(component
  ;;@use files preopens
  ;;@memory
  ;;@lower folders preopens get-directories
  ;;@lower open files [method]descriptor.open-at
  (core module $main-module
    (import "env" "memory" (memory 1))
    (import "env" "folders" (func $folders (param i32)))
    (import "env" "open" (func $open (param i32 i32 i32 i32 i32 i32 i32)))
    (data (i32.const 256) "a")
    (func (export "run") (result i32)
      (local $root i32) (local $count i32)
      (call $folders (i32.const 64))
      (local.set $root (i32.load (i32.load (i32.const 64))))
      (block $refused
        (loop $again
          (call $open (local.get $root) (i32.const 1) (i32.const 256) (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 96))
          (br_if $refused (i32.load8_u (i32.const 96)))
          (local.set $count (i32.add (local.get $count) (i32.const 1)))
          (br $again)))
      (i32.eq (local.get $count) (i32.const 100))))
  ;;@main
  ;;@command
)

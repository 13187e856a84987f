;;! expect = "tool_error"
;;! exit = 1
;;! denied_count = 1
;;! [after]
;;! files = { "box/new" = "" }
;;! [[folder]]
;;! guest = "/box"
;;! host = "box"

;; Sets the size of a file to more than any disk has.
(component
  ;;@use files preopens
  ;;@memory
  ;;@lower folders preopens get-directories
  ;;@lower open files [method]descriptor.open-at
  ;;@lower size files [method]descriptor.set-size
  (core module $main-module
    (import "env" "memory" (memory 1))
    (import "env" "folders" (func $folders (param i32)))
    (import "env" "open" (func $open (param i32 i32 i32 i32 i32 i32 i32)))
    (import "env" "size" (func $size (param i32 i64 i32)))
    (data (i32.const 256) "new")
    (func (export "run") (result i32)
      (local $root i32) (local $file i32)
      (call $folders (i32.const 64))
      (local.set $root (i32.load (i32.load (i32.const 64))))
      (call $open (local.get $root) (i32.const 1) (i32.const 256) (i32.const 3) (i32.const 1) (i32.const 3) (i32.const 96))
      (if (i32.load8_u (i32.const 96)) (then unreachable))
      (local.set $file (i32.load (i32.const 100)))
    
      (call $size (local.get $file) (i64.const -1) (i32.const 128))
      (if (i32.ne (i32.load8_u (i32.const 128)) (i32.const 1)) (then unreachable))
      (i32.eq (i32.load8_u (i32.const 129)) (i32.const 6))))
  ;;@main
  ;;@command
)

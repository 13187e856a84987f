;;! expect = "tool_error"
;;! exit = 1
;;! denied = ["open-at ../secret (directories)"]
;;! [place]
;;! files = { secret = "s" }
;;! [[folder]]
;;! guest = "/box"
;;! host = "box"

;; A path that leads out of the folder.
(component
  ;;@use files preopens
  ;;@memory
  ;;@lower folders preopens get-directories
  ;;@lower open files [method]descriptor.open-at
  (core module $main-module
    (import "env" "memory" (memory 1))
    (import "env" "folders" (func $folders (param i32)))
    (import "env" "open" (func $open (param i32 i32 i32 i32 i32 i32 i32)))
    (data (i32.const 256) "../secret")
    (func (export "run") (result i32)
      (local $root i32)
      (call $folders (i32.const 64))
      (local.set $root (i32.load (i32.load (i32.const 64))))
      (call $open (local.get $root) (i32.const 1) (i32.const 256) (i32.const 9) (i32.const 0) (i32.const 1) (i32.const 96))
      ;; An error, and which.
      (if (i32.ne (i32.load8_u (i32.const 96)) (i32.const 1)) (then unreachable))
      (i32.eq (i32.load8_u (i32.const 100)) (i32.const 31))))
  ;;@main
  ;;@command
)

;;! expect = "tool_error"
;;! exit = 1
;;! [place]
;;! many = { folder = "box", count = 1000, name_bytes = 200 }
;;! [[folder]]
;;! guest = "/box"
;;! host = "box"

;; A folder of a thousand long names, listed again and again without an end to any listing: what is
;; held at once is bounded.
(component
  ;;@use files preopens
  ;;@memory
  ;;@lower folders preopens get-directories
  ;;@lower list files [method]descriptor.read-directory
  (core module $main-module
    (import "env" "memory" (memory 1))
    (import "env" "folders" (func $folders (param i32)))
    (import "env" "list" (func $list (param i32 i32)))
    (func (export "run") (result i32)
      (local $root i32) (local $count i32)
      (call $folders (i32.const 64))
      (local.set $root (i32.load (i32.load (i32.const 64))))
      (block $refused
        (loop $again
          (call $list (local.get $root) (i32.const 96))
          (br_if $refused (i32.load8_u (i32.const 96)))
          (local.set $count (i32.add (local.get $count) (i32.const 1)))
          (br $again)))
      ;; 16 MiB have room for 74 times 224,000 bytes.
      (i32.eq (local.get $count) (i32.const 74))))
  ;;@main
  ;;@command
)

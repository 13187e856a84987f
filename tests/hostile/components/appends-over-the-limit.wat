;;! expect = "tool_error"
;;! exit = 1
;;! denied_count = 1
;;! [limits]
;;! file_bytes = "10 B"
;;! files = 1
;;! [after]
;;! files = { "box/new" = "newnewnew" }
;;! [[folder]]
;;! guest = "/box"
;;! host = "box"

;; Appends three bytes at a time: the fourth time is refused.
(component
  ;;@use files preopens
  ;;@memory
  ;;@lower folders preopens get-directories
  ;;@lower open files [method]descriptor.open-at
  ;;@lower stream files [method]descriptor.append-via-stream
  ;;@lower write streams [method]output-stream.write
  (core module $main-module
    (import "env" "memory" (memory 1))
    (import "env" "folders" (func $folders (param i32)))
    (import "env" "open" (func $open (param i32 i32 i32 i32 i32 i32 i32)))
    (import "env" "stream" (func $stream (param i32 i32)))
    (import "env" "write" (func $write (param i32 i32 i32 i32)))
    (data (i32.const 256) "new")
    (func (export "run") (result i32)
      (local $root i32) (local $file i32)
      (call $folders (i32.const 64))
      (local.set $root (i32.load (i32.load (i32.const 64))))
      (call $open (local.get $root) (i32.const 1) (i32.const 256) (i32.const 3) (i32.const 1) (i32.const 3) (i32.const 96))
      (if (i32.load8_u (i32.const 96)) (then unreachable))
      (local.set $file (i32.load (i32.const 100)))
    
      (call $stream (local.get $file) (i32.const 128))
      (if (i32.load8_u (i32.const 128)) (then unreachable))
      (block $refused
        (loop $again
          (call $write (i32.load (i32.const 132)) (i32.const 256) (i32.const 3) (i32.const 144))
          (br_if $again (i32.eqz (i32.load8_u (i32.const 144))))))
      (i32.eqz (i32.load8_u (i32.const 148)))))
  ;;@main
  ;;@command
)

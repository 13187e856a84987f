//! Small guests in text form.
#![allow(dead_code, reason = "each test file uses a part of it")]

fn module(body: &str) -> String {
    format!(
        r#"(module
          (import "wasi_snapshot_preview1" "fd_write"
            (func $fd_write (param i32 i32 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "fd_read"
            (func $fd_read (param i32 i32 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "args_sizes_get"
            (func $args_sizes_get (param i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "args_get"
            (func $args_get (param i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "environ_sizes_get"
            (func $environ_sizes_get (param i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "environ_get"
            (func $environ_get (param i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "path_open"
            (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
          (memory (export "memory") 1)
          (func $write (param $fd i32) (param $at i32) (param $length i32)
            (i32.store (i32.const 0) (local.get $at))
            (i32.store (i32.const 4) (local.get $length))
            (drop (call $fd_write (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8))))
          {body})"#
    )
}

/// Copies standard input to standard output.
pub(crate) fn cat() -> String {
    module(
        r#"(func (export "_start")
            (loop $more
              (i32.store (i32.const 0) (i32.const 1024))
              (i32.store (i32.const 4) (i32.const 4096))
              (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
              (if (i32.load (i32.const 8)) (then
                (call $write (i32.const 1) (i32.const 1024) (i32.load (i32.const 8)))
                (br $more)))))"#,
    )
}

/// Prints its arguments, each with a NUL after it.
pub(crate) fn arguments() -> String {
    module(
        r#"(func (export "_start")
            (drop (call $args_sizes_get (i32.const 16) (i32.const 20)))
            (drop (call $args_get (i32.const 1024) (i32.const 4096)))
            (call $write (i32.const 1) (i32.const 4096) (i32.load (i32.const 20))))"#,
    )
}

/// Prints its environment, each variable with a NUL after it.
pub(crate) fn environment() -> String {
    module(
        r#"(func (export "_start")
            (drop (call $environ_sizes_get (i32.const 16) (i32.const 20)))
            (drop (call $environ_get (i32.const 1024) (i32.const 4096)))
            (call $write (i32.const 1) (i32.const 4096) (i32.load (i32.const 20))))"#,
    )
}

/// Writes `out` and `err` to the two streams and ends with this code.
pub(crate) fn exits(code: u32) -> String {
    module(&format!(
        r#"(data (i32.const 1024) "outerr")
          (func (export "_start")
            (call $write (i32.const 1) (i32.const 1024) (i32.const 3))
            (call $write (i32.const 2) (i32.const 1027) (i32.const 3))
            (call $proc_exit (i32.const {code})))"#
    ))
}

/// Writes this many bytes, one at a time.
pub(crate) fn writes(count: u32) -> String {
    module(&format!(
        r#"(func (export "_start") (local $left i32)
            (local.set $left (i32.const {count}))
            (i32.store8 (i32.const 1024) (i32.const 120))
            (loop $more
              (call $write (i32.const 1) (i32.const 1024) (i32.const 1))
              (br_if $more (local.tee $left (i32.sub (local.get $left) (i32.const 1))))))"#
    ))
}

/// Asks for memory up to this many pages, and traps where it gets none.
pub(crate) fn grows_to(pages: u32) -> String {
    module(&format!(
        r#"(func (export "_start")
            (if (i32.eq (memory.grow (i32.const {})) (i32.const -1)) (then (unreachable))))"#,
        pages - 1
    ))
}

/// Never ends by itself.
pub(crate) fn spins() -> String {
    module(r#"(func $spin (export "_start") (loop $again (br $again)))"#)
}

/// Breaks a rule of WebAssembly, in a function with a name.
pub(crate) fn traps() -> String {
    module(
        r#"(func $divide_by_zero (drop (i32.div_u (i32.const 1) (i32.const 0))))
          (func (export "_start") (call $divide_by_zero))"#,
    )
}

/// Makes the file `new` in the first folder that it sees; ends with the error number, 0 for none.
pub(crate) fn makes_a_file() -> String {
    module(
        r#"(data (i32.const 1024) "new")
          (func (export "_start") (local $error i32)
            (local.set $error (call $path_open (i32.const 3) (i32.const 0)
              (i32.const 1024) (i32.const 3) (i32.const 1)
              (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 16)))
            (if (local.get $error) (then (call $proc_exit (local.get $error)))))"#,
    )
}

/// Prints the first 12 bytes of the file `text` in the first folder that it sees.
pub(crate) fn reads_a_file() -> String {
    module(
        r#"(data (i32.const 1024) "text")
          (func (export "_start") (local $error i32)
            (local.set $error (call $path_open (i32.const 3) (i32.const 0)
              (i32.const 1024) (i32.const 4) (i32.const 0)
              (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 16)))
            (if (local.get $error) (then (call $proc_exit (local.get $error))))
            (i32.store (i32.const 0) (i32.const 2048))
            (i32.store (i32.const 4) (i32.const 12))
            (drop (call $fd_read (i32.load (i32.const 16)) (i32.const 0) (i32.const 1) (i32.const 8)))
            (call $write (i32.const 1) (i32.const 2048) (i32.load (i32.const 8))))"#,
    )
}

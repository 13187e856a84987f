//! Guests written by hand.

/// The functions of WASI that guests here use.
const IMPORTS: &[(&str, &str)] = &[
    ("fd_write", "(param i32 i32 i32 i32) (result i32)"),
    ("fd_read", "(param i32 i32 i32 i32) (result i32)"),
    (
        "path_open",
        "(param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)",
    ),
    ("environ_get", "(param i32 i32) (result i32)"),
    ("environ_sizes_get", "(param i32 i32) (result i32)"),
    ("random_get", "(param i32 i32) (result i32)"),
    ("proc_exit", "(param i32)"),
];

/// A command with some functions at hand: `$print(fd, at, length)`, and `$all(fd, at) -> length`
/// which reads a file descriptor to its end.
pub(crate) fn command(data: &str, body: &str) -> Vec<u8> {
    let imports: String = IMPORTS
        .iter()
        .map(|(name, signature)| {
            format!("(import \"wasi_snapshot_preview1\" \"{name}\" (func ${name} {signature}))\n")
        })
        .collect();
    let text = format!(
        r#"(module
        {imports}
        (memory (export "memory") 40)
        {data}
        (func $print (param $fd i32) (param $at i32) (param $length i32)
          (i32.store (i32.const 0) (local.get $at))
          (i32.store (i32.const 4) (local.get $length))
          (loop $again
            (if (call $fd_write (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8))
              (then unreachable))
            (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.load (i32.const 8))))
            (i32.store (i32.const 4) (i32.sub (i32.load (i32.const 4)) (i32.load (i32.const 8))))
            (br_if $again (i32.load (i32.const 4)))))
        (func $all (param $fd i32) (param $at i32) (result i32)
          (local $total i32)
          (loop $again
            (i32.store (i32.const 0) (i32.add (local.get $at) (local.get $total)))
            (i32.store (i32.const 4) (i32.const 65536))
            (if (call $fd_read (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8))
              (then unreachable))
            (local.set $total (i32.add (local.get $total) (i32.load (i32.const 8))))
            (br_if $again (i32.load (i32.const 8))))
          (local.get $total))
        (func $main (export "_start")
          (local $n i32)
          {body}))"#
    );
    wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// Prints its input.
pub(crate) fn echo() -> Vec<u8> {
    command(
        "",
        "(local.set $n (call $all (i32.const 0) (i32.const 65536)))
         (call $print (i32.const 1) (i32.const 65536) (local.get $n))",
    )
}

/// Prints a text.
pub(crate) fn says(text: &str) -> Vec<u8> {
    command(
        &format!("(data (i32.const 64) {text:?})"),
        &format!(
            "(call $print (i32.const 1) (i32.const 64) (i32.const {}))",
            text.len()
        ),
    )
}

/// Runs for ever.
pub(crate) fn spins() -> Vec<u8> {
    command("", "(loop $again (br $again))")
}

/// Writes `one` to standard output and `two` to standard error, and then runs for ever.
pub(crate) fn says_and_spins() -> Vec<u8> {
    command(
        r#"(data (i32.const 64) "onetwo")"#,
        "(call $print (i32.const 1) (i32.const 64) (i32.const 3))
         (call $print (i32.const 2) (i32.const 67) (i32.const 3))
         (loop $again (br $again))",
    )
}

/// Says why on standard error, and no with its exit code.
pub(crate) fn says_no() -> Vec<u8> {
    command(
        r#"(data (i32.const 64) "no such thing")"#,
        "(call $print (i32.const 2) (i32.const 64) (i32.const 13))
         (call $proc_exit (i32.const 3))",
    )
}

/// Traps.
pub(crate) fn traps() -> Vec<u8> {
    command("", "unreachable")
}

/// Writes 64 bytes to standard output again and again, for ever.
pub(crate) fn floods() -> Vec<u8> {
    command(
        "",
        "(loop $again (call $print (i32.const 1) (i32.const 64) (i32.const 64)) (br $again))",
    )
}

/// Prints what is in `file` of its first folder.
pub(crate) fn reads_file() -> Vec<u8> {
    command(
        r#"(data (i32.const 64) "file")"#,
        "(if (call $path_open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 4)
               (i32.const 0) (i64.const 2) (i64.const 2) (i32.const 0) (i32.const 16))
           (then (call $proc_exit (i32.const 9))))
         (local.set $n (call $all (i32.load (i32.const 16)) (i32.const 65536)))
         (call $print (i32.const 1) (i32.const 65536) (local.get $n))",
    )
}

/// Prints the number of its environment variables, one digit.
pub(crate) fn counts_environment() -> Vec<u8> {
    command(
        "",
        "(drop (call $environ_sizes_get (i32.const 16) (i32.const 20)))
         (i32.store8 (i32.const 64) (i32.add (i32.const 48) (i32.load (i32.const 16))))
         (call $print (i32.const 1) (i32.const 64) (i32.const 1))",
    )
}

/// Prints a random digit from 1 to 8.
pub(crate) fn rolls() -> Vec<u8> {
    command(
        "",
        "(loop $again
           (drop (call $random_get (i32.add (i32.const 64) (local.get $n)) (i32.const 1)))
           (i32.store8 (i32.add (i32.const 64) (local.get $n))
             (i32.add (i32.const 49)
               (i32.and (i32.const 7) (i32.load8_u (i32.add (i32.const 64) (local.get $n))))))
           (local.set $n (i32.add (local.get $n) (i32.const 1)))
           (br_if $again (i32.lt_u (local.get $n) (i32.const 15))))
         (call $print (i32.const 1) (i32.const 64) (i32.const 15))",
    )
}

//! Guests written by hand, and a sandbox to run them in.
#![allow(dead_code, reason = "each test file uses its part")]

pub(crate) mod component;
pub(crate) mod interfaces;
pub(crate) mod network;
pub(crate) mod outside;

use policies::Policy;
use runtime::{Call, Execution, OutcomeKind, Sandbox, SandboxConfig, Tool};
use std::fmt::Write as _;

/// The functions of WASI that guests here may import: name, parameters, whether it returns.
const IMPORTS: &[(&str, &str)] = &[
    ("fd_write", "(param i32 i32 i32 i32) (result i32)"),
    ("fd_pwrite", "(param i32 i32 i32 i64 i32) (result i32)"),
    ("fd_read", "(param i32 i32 i32 i32) (result i32)"),
    ("fd_prestat_get", "(param i32 i32) (result i32)"),
    ("fd_seek", "(param i32 i64 i32 i32) (result i32)"),
    ("fd_close", "(param i32) (result i32)"),
    ("fd_renumber", "(param i32 i32) (result i32)"),
    ("fd_filestat_set_size", "(param i32 i64) (result i32)"),
    (
        "path_open",
        "(param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)",
    ),
    ("path_create_directory", "(param i32 i32 i32) (result i32)"),
    ("path_symlink", "(param i32 i32 i32 i32 i32) (result i32)"),
    (
        "path_link",
        "(param i32 i32 i32 i32 i32 i32 i32) (result i32)",
    ),
    (
        "path_rename",
        "(param i32 i32 i32 i32 i32 i32) (result i32)",
    ),
    ("path_unlink_file", "(param i32 i32 i32) (result i32)"),
    ("clock_time_get", "(param i32 i64 i32) (result i32)"),
    ("random_get", "(param i32 i32) (result i32)"),
    ("poll_oneoff", "(param i32 i32 i32 i32) (result i32)"),
    ("args_get", "(param i32 i32) (result i32)"),
    ("args_sizes_get", "(param i32 i32) (result i32)"),
    ("environ_get", "(param i32 i32) (result i32)"),
    ("environ_sizes_get", "(param i32 i32) (result i32)"),
    ("sock_send", "(param i32 i32 i32 i32 i32) (result i32)"),
    ("proc_exit", "(param i32)"),
];

/// A command: `body` is `_start`'s, `rest` the module's other parts. It has one page of memory
/// unless `rest` says otherwise, and imports the WASI functions that it names.
pub(crate) fn command(rest: &str, body: &str) -> Vec<u8> {
    let mut text = String::from("(module\n");
    for (name, signature) in IMPORTS {
        if body.contains(&format!("${name}")) || rest.contains(&format!("${name}")) {
            let _ = writeln!(
                text,
                "(import \"wasi_snapshot_preview1\" \"{name}\" (func ${name} {signature}))"
            );
        }
    }
    if !rest.contains("(memory") {
        text.push_str("(memory (export \"memory\") 1)\n");
    }
    let _ = write!(text, "{rest}\n(func $main (export \"_start\")\n{body}))");
    wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

pub(crate) fn sandbox() -> Sandbox {
    let mut config = SandboxConfig::default();
    config.max_concurrent_calls = 4;
    Sandbox::new(&config).expect("a sandbox")
}

pub(crate) fn load(wasm: &[u8]) -> Tool {
    sandbox()
        .load(wasm, &policies::Limits::default())
        .unwrap_or_else(|error| panic!("{error}"))
}

/// Runs a call on a runtime of its own.
pub(crate) fn run(tool: &Tool, call: Call) -> Execution {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(tool.run(call))
}

/// Runs a guest under the preset `pure`, changed.
pub(crate) fn run_with(wasm: &[u8], change: impl FnOnce(&mut Policy)) -> Execution {
    let mut policy = Policy::default();
    change(&mut policy);
    run(&load(wasm), Call::new(policy))
}

pub(crate) fn kind(execution: &Execution) -> OutcomeKind {
    execution.outcome.kind()
}

/// `_start` writes `count` times the `length` bytes at 0 to a file descriptor.
pub(crate) fn writes(fd: u32, length: u32, count: u32) -> Vec<u8> {
    command(
        "(data (i32.const 0) \"0123456789\")",
        &format!(
            "(local $i i32)
             (i32.store (i32.const 1024) (i32.const 0))
             (i32.store (i32.const 1028) (i32.const {length}))
             (local.set $i (i32.const {count}))
             (loop $again
               (if (call $fd_write (i32.const {fd}) (i32.const 1024) (i32.const 1) (i32.const 1032))
                 (then unreachable))
               (br_if $again (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))"
        ),
    )
}

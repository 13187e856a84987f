//! Each limit at its edge, and what else a run of a component is held to.

mod common;

use common::component::{Guest, command, parse, tool};
use common::{load, run, sandbox};
use policies::{Bytes, Clocks, Limits, Policy};
use runtime::{
    Call, CancellationToken, Execution, Form, InstallationKey, LoadError, Outcome, Rule, Sandbox,
    SandboxConfig,
};
use std::fs;

fn ran(wasm: &[u8], change: impl FnOnce(&mut Policy)) -> Execution {
    let mut policy = Policy::default();
    change(&mut policy);
    run(&load(wasm), Call::new(policy))
}

fn echo() -> Vec<u8> {
    tool(&[], "", "(call $give (local.get $in) (local.get $length))")
}

const STDERR: &[(&str, &str, &str, &str)] = &[
    ("get-stderr", "stderr", "get-stderr", "(result i32)"),
    (
        "write",
        "streams",
        "[method]output-stream.blocking-write-and-flush",
        "(param i32 i32 i32 i32)",
    ),
];

#[test]
fn tables_are_counted_over_all_instances() {
    let wasm = parse(
        "(component
           (core module $m (table 10 funcref) (func (export \"run\") (result i32) (i32.const 0)))
           (core instance (instantiate $m))
           (core instance (instantiate $m))
           (core instance $main (instantiate $m))
           (func $run (result (result)) (canon lift (core func $main \"run\")))
           (instance $entry (export \"run\" (func $run)))
           (export \"wasi:cli/run@0.2.0\" (instance $entry)))",
    );
    let with = |tables| ran(&wasm, |policy| policy.limits.tables = tables).outcome;
    assert_eq!(with(3), Outcome::Success);
    let outcome = with(2);
    assert!(
        matches!(&outcome, Outcome::MemoryExceeded { message } if message.contains("table")),
        "{outcome:?}"
    );
    let with = |elements| ran(&wasm, |policy| policy.limits.table_elements = elements).outcome;
    assert_eq!(with(10), Outcome::Success);
    let outcome = with(9);
    assert!(
        matches!(&outcome, Outcome::MemoryExceeded { message } if message.contains("10 elements")),
        "{outcome:?}"
    );
}

#[test]
fn more_tables_than_the_pool_has_are_refused_at_the_start() {
    let wasm = |tables: usize| {
        parse(&format!(
            "(component
               (core module $m (table 1 funcref) (func (export \"run\") (result i32) (i32.const 0)))
               {}
               (core instance $main (instantiate $m))
               (func $run (result (result)) (canon lift (core func $main \"run\")))
               (instance $entry (export \"run\" (func $run)))
               (export \"wasi:cli/run@0.2.0\" (instance $entry)))",
            "(core instance (instantiate $m))".repeat(tables - 1)
        ))
    };
    let load = |tables| {
        sandbox()
            .load(&wasm(tables), &Limits::default())
            .map(|_| ())
    };
    assert_eq!(load(4), Ok(()));
    let refused = load(5);
    assert!(
        matches!(&refused, Err(LoadError::TooDemanding { message }) if message.contains("5 tables")),
        "{refused:?}"
    );
}

#[test]
fn eight_memories_fit_and_nine_do_not() {
    let wasm = |memories: usize| {
        parse(&format!(
            "(component
               (core module $m (memory 1) (func (export \"run\") (result i32) (i32.const 0)))
               {}
               (core instance $main (instantiate $m))
               (func $run (result (result)) (canon lift (core func $main \"run\")))
               (instance $entry (export \"run\" (func $run)))
               (export \"wasi:cli/run@0.2.0\" (instance $entry)))",
            "(core instance (instantiate $m))".repeat(memories - 1)
        ))
    };
    assert_eq!(ran(&wasm(8), |_| {}).outcome, Outcome::Success);
    let refused = sandbox().load(&wasm(9), &Limits::default()).map(|_| ());
    assert!(
        matches!(&refused, Err(LoadError::TooDemanding { message }) if message.contains("9 Wasm")),
        "{refused:?}"
    );
}

#[test]
fn components_with_many_memories_wait_for_their_turn() {
    let wasm = parse(&format!(
        "(component
           (core module $m (memory 1) (func (export \"run\") (result i32) (i32.const 0)))
           {}
           (core instance $main (instantiate $m))
           (func $run (result (result)) (canon lift (core func $main \"run\")))
           (instance $entry (export \"run\" (func $run)))
           (export \"wasi:cli/run@0.2.0\" (instance $entry)))",
        "(core instance (instantiate $m))".repeat(7)
    ));
    let mut config = SandboxConfig::default();
    config.max_concurrent_calls = 2;
    let sandbox = Sandbox::new(&config).expect("a sandbox");
    let many = sandbox.load(&wasm, &Limits::default()).expect("it loads");
    let one = sandbox.load(&echo(), &Limits::default()).expect("it loads");
    let executions = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(async {
            let calls = (0..32).map(|number| {
                let tool = if number % 2 == 0 { &many } else { &one };
                let tool = tool.clone();
                tokio::spawn(async move { tool.run(Call::new(Policy::default())).await })
            });
            futures::future::join_all(calls).await
        });
    for execution in executions {
        assert_eq!(execution.expect("it ends").outcome, Outcome::Success);
    }
}

#[test]
fn a_component_of_exactly_the_limit_is_loaded() {
    let wasm = echo();
    let size = wasm.len() as u64;
    let load = |module_size| {
        let limits = Limits {
            module_size: Bytes(module_size),
            ..Limits::default()
        };
        sandbox()
            .load(&wasm, &limits)
            .map(|tool| tool.module_bytes())
    };
    assert_eq!(load(size), Ok(size));
    assert!(matches!(load(size - 1), Err(LoadError::TooLarge { .. })));
}

#[test]
fn standard_error_is_cut_and_the_run_goes_on() {
    let wasm = command(
        STDERR,
        "(data (i32.const 64) \"0123456789\")",
        "(call $write (call $get-stderr) (i32.const 64) (i32.const 10) (i32.const 128))
         (i32.const 0)",
    );
    let with = |stderr| ran(&wasm, |policy| policy.limits.stderr = Bytes(stderr));
    let execution = with(10);
    assert_eq!(execution.stderr.bytes, b"0123456789");
    assert!(!execution.stderr.truncated);
    let execution = with(9);
    assert_eq!(execution.outcome, Outcome::Success);
    assert_eq!(execution.stderr.bytes, b"012345678");
    assert!(execution.stderr.truncated);
    assert_eq!(execution.usage.bytes_written, 10);
}

#[test]
fn an_input_of_exactly_the_limit_is_taken() {
    let with = |input| {
        let mut policy = Policy::default();
        policy.limits.input = Bytes(input);
        run(&load(&echo()), Call::new(policy).with_input("12345")).outcome
    };
    assert_eq!(with(5), Outcome::Success);
    assert!(matches!(with(4), Outcome::InvalidInput { .. }));
}

#[test]
fn a_run_that_waits_can_be_called_off() {
    let wasm = command(
        &[
            (
                "sleep",
                "monotonic",
                "subscribe-duration",
                "(param i64) (result i32)",
            ),
            ("block", "poll", "[method]pollable.block", "(param i32)"),
        ],
        "",
        "(call $block (call $sleep (i64.const 3600000000000))) (i32.const 0)",
    );
    let tool = load(&wasm);
    let cancel = CancellationToken::new();
    let mut policy = Policy::default();
    policy.limits.wall_time = policies::WallTime::secs(3_600);
    policy.capabilities.clocks = Clocks::Real;
    let call = Call::new(policy).with_cancel(cancel.clone());
    let execution = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(async {
            let mut running = std::pin::pin!(tool.run(call));
            // It waits after its first poll.
            assert!(futures::poll!(running.as_mut()).is_pending());
            cancel.cancel();
            running.await
        });
    assert_eq!(execution.outcome, Outcome::Cancelled);
}

#[test]
fn the_environment_is_what_the_policy_allows() {
    let wasm = command(
        &[
            ("variables", "environment", "get-environment", "(param i32)"),
            ("get-stderr", STDERR[0].1, STDERR[0].2, STDERR[0].3),
            ("write", STDERR[1].1, STDERR[1].2, STDERR[1].3),
        ],
        "",
        // The first pair's name and value, and how many there are as the result.
        "(local $pair i32)
         (call $variables (i32.const 64))
         (local.set $pair (i32.load (i32.const 64)))
         (call $write (call $get-stderr) (i32.load (local.get $pair))
           (i32.load offset=4 (local.get $pair)) (i32.const 128))
         (call $write (call $get-stderr) (i32.load offset=8 (local.get $pair))
           (i32.load offset=12 (local.get $pair)) (i32.const 128))
         (i32.ne (i32.load (i32.const 68)) (i32.const 1))",
    );
    let mut policy = Policy::default();
    policy.capabilities.environment.insert("TZ".to_owned());
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let call = Call::new(policy).with_env([pair("SECRET", "s"), pair("TZ", "UTC")]);
    let execution = run(&load(&wasm), call);
    assert_eq!(execution.outcome, Outcome::Success);
    assert_eq!(execution.stderr.bytes, b"TZUTC");
    assert_eq!(execution.denied.len(), 1);
    assert_eq!(execution.denied[0].target, "SECRET");
    assert_eq!(execution.denied[0].rule, Rule::Environment);
}

#[test]
fn a_manifest_that_traps_is_a_trap() {
    let guest = Guest {
        module: "(func (export \"manifest\") (result i32) unreachable)
                 (func (export \"run\") (param i32 i32) (result i32) unreachable)",
        ..Guest::default()
    };
    let tool = load(&guest.tool());
    let execution = run(&tool, Call::new(Policy::default()).with_args(["manifest"]));
    assert!(
        matches!(execution.outcome, Outcome::Trap { .. }),
        "{execution:?}"
    );
    assert!(!execution.backtrace.is_empty());
}

/// A sandbox that keeps compiled code in a folder.
fn keeping(folder: &std::path::Path, key: u8) -> Sandbox {
    let mut config = SandboxConfig::default();
    config.max_concurrent_calls = 1;
    config.cache_dir = Some(folder.to_owned());
    config.key = Some(InstallationKey::from_bytes([key; 32]));
    Sandbox::new(&config).expect("a sandbox")
}

fn kept(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder");
    entries
        .map(|entry| entry.expect("an entry").path())
        .collect()
}

#[test]
fn a_component_is_recalled_by_its_digest() {
    let folder = tempfile::tempdir().expect("a folder");
    let wasm = echo();
    let limits = Limits::default();
    let digest = *keeping(folder.path(), 1)
        .load(&wasm, &limits)
        .expect("it loads")
        .digest();
    let sandbox = keeping(folder.path(), 1);
    let tool = sandbox
        .recall(&digest, &limits)
        .expect("no error")
        .expect("it was kept");
    assert_eq!(tool.form(), Form::ToolComponent);
    assert_eq!(tool.module_bytes(), wasm.len() as u64);
    let execution = run(&tool, Call::new(Policy::default()).with_input("1"));
    assert_eq!(execution.output, b"1");
    let small = Limits {
        module_size: Bytes(wasm.len() as u64 - 1),
        ..limits
    };
    assert!(matches!(
        sandbox.recall(&digest, &small),
        Err(LoadError::TooLarge { .. })
    ));
}

#[test]
fn code_that_was_not_signed_as_a_component_is_none() {
    let folder = tempfile::tempdir().expect("a folder");
    let limits = Limits::default();
    let digest = *keeping(folder.path(), 1)
        .load(&echo(), &limits)
        .expect("it loads")
        .digest();
    let recalled = |key| {
        let recalled = keeping(folder.path(), key).recall(&digest, &limits);
        recalled.expect("no error").is_some()
    };
    assert!(recalled(1));
    assert!(!recalled(2), "another key");
    let paths = kept(folder.path());
    let [path] = paths.as_slice() else {
        panic!("{paths:?}");
    };
    assert_eq!(path.extension().expect("a kind"), "component");
    // A module's name does not make it one.
    let module = path.with_extension("code");
    fs::rename(path, &module).expect("renamed");
    assert!(!recalled(1));
    fs::rename(&module, path).expect("renamed");
    let mut bytes = fs::read(path).expect("kept");
    *bytes.last_mut().expect("some") ^= 1;
    fs::write(path, &bytes).expect("written");
    assert!(!recalled(1), "one bit");
}

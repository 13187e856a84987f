//! Commands of WASI 0.3, whose functions may wait.

mod common;

use common::component::parse;
use common::{load, run, sandbox};
use policies::{Bytes, Clocks, Fuel, Limits, Policy, WallTime};
use runtime::{Call, Execution, Form, LiveInput, LoadError, Outcome};
use std::fmt::Write as _;
use tokio::io::AsyncWriteExt as _;

/// A command of WASI 0.3: `imports` and what is lowered from them as `$name` with `memory` `$mem`,
/// each exported to the module under `env`; `body` leaves 0 or 1.
fn command(imports: &str, lowered: &[(&str, &str, &str)], rest: &str, body: &str) -> Vec<u8> {
    let (mut signatures, mut definitions, mut exports) =
        (String::new(), String::new(), String::new());
    for (name, signature, canon) in lowered {
        let _ = writeln!(
            signatures,
            "(import \"env\" \"{name}\" (func ${name} {signature}))"
        );
        let _ = writeln!(definitions, "(core func ${name} (canon {canon}))");
        let _ = writeln!(exports, "(export \"{name}\" (func ${name}))");
    }
    parse(&format!(
        "(component
           {imports}
           (core module $memory-module (memory (export \"memory\") 1))
           (core instance $memory (instantiate $memory-module))
           (alias core export $memory \"memory\" (core memory $mem))
           {definitions}
           (core module $main-module
             (import \"env\" \"memory\" (memory 1))
             {signatures}
             {rest}
             (func (export \"run\") (result i32) {body}))
           (core instance $main (instantiate $main-module (with \"env\" (instance
             (export \"memory\" (memory $mem)) {exports}))))
           (func $run async (result (result)) (canon lift (core func $main \"run\")))
           (instance $entry (export \"run\" (func $run)))
           (export \"wasi:cli/run@0.3.0\" (instance $entry)))"
    ))
}

const STDOUT: &str = r#"
  (import "wasi:cli/stdout@0.3.0" (instance $stdout
    (type $codes (enum "io" "illegal-byte-sequence" "pipe"))
    (export "error-code" (type $code (eq $codes)))
    (export "write-via-stream" (func (param "data" (stream u8))
      (result (future (result (error $code))))))))
  (alias export $stdout "write-via-stream" (func $write-via-stream))
  (type $stream (stream u8))"#;

const WRITES: &[(&str, &str, &str)] = &[
    ("new", "(result i64)", "stream.new $stream"),
    (
        "write",
        "(param i32 i32 i32) (result i32)",
        "stream.write $stream async (memory $mem)",
    ),
    ("new-set", "(result i32)", "waitable-set.new"),
    ("join", "(param i32 i32)", "waitable.join"),
    (
        "wait",
        "(param i32 i32) (result i32)",
        "waitable-set.wait (memory $mem)",
    ),
    ("close", "(param i32)", "stream.drop-writable $stream"),
    (
        "to-stdout",
        "(param i32) (result i32)",
        "lower (func $write-via-stream)",
    ),
];

/// Writes `pieces` times the five bytes of `hello`.
fn writes(pieces: u32) -> Vec<u8> {
    command(
        STDOUT,
        WRITES,
        "(data (i32.const 64) \"hello\")
         (global $set (mut i32) (i32.const 0))
         (func $put (param $end i32)
           (if (i32.eq (i32.const -1)
               (call $write (local.get $end) (i32.const 64) (i32.const 5)))
             (then
               (call $join (local.get $end) (global.get $set))
               (drop (call $wait (global.get $set) (i32.const 128)))
               (call $join (local.get $end) (i32.const 0)))))",
        &format!(
            "(local $ends i64) (local $left i32)
             (local.set $ends (call $new))
             (global.set $set (call $new-set))
             (drop (call $to-stdout (i32.wrap_i64 (local.get $ends))))
             (local.set $left (i32.const {pieces}))
             (loop $again
               (call $put (i32.wrap_i64 (i64.shr_u (local.get $ends) (i64.const 32))))
               (br_if $again
                 (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
             (call $close (i32.wrap_i64 (i64.shr_u (local.get $ends) (i64.const 32))))
             (i32.const 0)"
        ),
    )
}

fn ran(wasm: &[u8], change: impl FnOnce(&mut Policy)) -> Execution {
    let mut policy = Policy::default();
    change(&mut policy);
    run(&load(wasm), Call::new(policy))
}

#[test]
fn a_command_ends_by_its_result() {
    let wasm = |result: u32| command("", &[], "", &format!("(i32.const {result})"));
    let tool = load(&wasm(0));
    assert_eq!(tool.form(), Form::CommandComponent);
    let execution = run(&tool, Call::new(Policy::default()));
    assert_eq!(execution.outcome, Outcome::Success);
    assert!(execution.usage.fuel > 0);
    assert_eq!(
        ran(&wasm(1), |_| {}).outcome,
        Outcome::ToolError { exit_code: 1 }
    );
}

#[test]
fn of_two_entries_the_one_of_wasi_0_3_is_called() {
    let wasm = parse(
        r#"(component
             (core module $module
               (func (export "older") (result i32) unreachable)
               (func (export "newer") (result i32) (i32.const 0)))
             (core instance $main (instantiate $module))
             (func $older (result (result)) (canon lift (core func $main "older")))
             (instance $older-entry (export "run" (func $older)))
             (export "wasi:cli/run@0.2.0" (instance $older-entry))
             (func $newer async (result (result)) (canon lift (core func $main "newer")))
             (instance $newer-entry (export "run" (func $newer)))
             (export "wasi:cli/run@0.3.0" (instance $newer-entry)))"#,
    );
    assert_eq!(ran(&wasm, |_| {}).outcome, Outcome::Success);
}

#[test]
fn output_goes_through_a_stream() {
    let execution = ran(&writes(3), |_| {});
    assert_eq!(execution.outcome, Outcome::Success);
    assert_eq!(execution.output, b"hellohellohello");
    assert_eq!(execution.usage.bytes_written, 15);
}

/// Passes standard input on to standard output, and waits until that is done.
fn passes_on() -> Vec<u8> {
    let imports = format!(
        "{STDOUT}
         (import \"wasi:cli/stdin@0.3.0\" (instance $stdin
           (type $codes (enum \"io\" \"illegal-byte-sequence\" \"pipe\"))
           (export \"error-code\" (type $code (eq $codes)))
           (export \"read-via-stream\" (func (result
             (tuple (stream u8) (future (result (error $code)))))))))
         (alias export $stdin \"read-via-stream\" (func $read-via-stream))
         (alias export $stdout \"error-code\" (type $code))
         (type $done (future (result (error $code))))"
    );
    let functions = [
        (
            "from-stdin",
            "(param i32)",
            "lower (func $read-via-stream) (memory $mem)",
        ),
        (
            "done",
            "(param i32 i32) (result i32)",
            "future.read $done async (memory $mem)",
        ),
        ("new-set", "(result i32)", "waitable-set.new"),
        ("join", "(param i32 i32)", "waitable.join"),
        (
            "wait",
            "(param i32 i32) (result i32)",
            "waitable-set.wait (memory $mem)",
        ),
        (
            "to-stdout",
            "(param i32) (result i32)",
            "lower (func $write-via-stream)",
        ),
    ];
    command(
        &imports,
        &functions,
        "",
        "(local $done i32) (local $set i32)
         (call $from-stdin (i32.const 64))
         (local.set $done (call $to-stdout (i32.load (i32.const 64))))
         (if (i32.eq (i32.const -1) (call $done (local.get $done) (i32.const 96)))
           (then
             (local.set $set (call $new-set))
             (call $join (local.get $done) (local.get $set))
             (drop (call $wait (local.get $set) (i32.const 128)))))
         (i32.load8_u (i32.const 96))",
    )
}

#[test]
fn input_is_taken_while_it_comes() {
    let tool = load(&passes_on());
    for clocks in [Clocks::Real, Clocks::Virtual] {
        let with = |limit: u64, input: &'static [u8]| {
            let mut policy = Policy::default();
            policy.capabilities.clocks = clocks;
            policy.limits.input = Bytes(limit);
            let (ours, mut theirs) = tokio::io::duplex(3);
            let call = Call::new(policy).with_live_input(LiveInput::new(ours));
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(1)
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.spawn(async move { theirs.write_all(input).await });
            runtime.block_on(tool.run(call))
        };
        let execution = with(11, b"hello there");
        assert_eq!(execution.outcome, Outcome::Success, "{clocks:?}");
        assert_eq!(execution.output, b"hello there");
        assert_eq!(execution.usage.bytes_read, 11);
        let over = with(10, b"hello there").outcome;
        assert!(matches!(over, Outcome::InvalidInput { .. }), "{over:?}");
    }
}

#[test]
fn output_of_exactly_the_limit_is_allowed() {
    let with = |output| ran(&writes(2), |policy| policy.limits.output = Bytes(output));
    assert_eq!(with(10).outcome, Outcome::Success);
    let execution = with(9);
    let limit = Bytes(9);
    assert_eq!(execution.outcome, Outcome::OutputExceeded { limit });
    assert_eq!(execution.output, b"hellohell");
}

const CLOCK: &str = r#"
  (import "wasi:clocks/monotonic-clock@0.3.0" (instance $clock
    (export "now" (func (result u64)))
    (export "wait-for" (func async (param "how-long" u64)))))
  (alias export $clock "now" (func $now-func))
  (alias export $clock "wait-for" (func $wait-func))"#;

const WAITS: &[(&str, &str, &str)] = &[
    ("now", "(result i64)", "lower (func $now-func)"),
    ("wait", "(param i64)", "lower (func $wait-func)"),
];

#[test]
fn waiting_moves_a_virtual_clock_on_and_takes_no_time() {
    let wasm = command(
        CLOCK,
        WAITS,
        "",
        "(call $wait (i64.const 3600000000000))
         (i64.ne (call $now) (i64.const 3600000001000))",
    );
    assert_eq!(ran(&wasm, |_| {}).outcome, Outcome::Success);
}

#[test]
fn waiting_by_a_real_clock_ends_at_the_deadline() {
    let wasm = command(
        CLOCK,
        WAITS,
        "",
        "(call $wait (i64.const 3600000000000)) (i32.const 0)",
    );
    let limit = WallTime::millis(50);
    let execution = ran(&wasm, |policy| {
        policy.capabilities.clocks = Clocks::Real;
        policy.limits.wall_time = limit;
    });
    assert_eq!(execution.outcome, Outcome::DeadlineExceeded { limit });
}

#[test]
fn fuel_and_memory_are_limited_as_ever() {
    let wasm = command("", &[], "", "(loop $again (br $again)) unreachable");
    let limit = Fuel(1_000_000);
    let execution = ran(&wasm, |policy| policy.limits.fuel = limit);
    assert_eq!(execution.outcome, Outcome::FuelExhausted { limit });

    let wasm = command(
        "",
        &[],
        "",
        "(if (i32.eq (memory.grow (i32.const 1)) (i32.const -1)) (then unreachable)) (i32.const 0)",
    );
    let with =
        |pages: u64| ran(&wasm, |policy| policy.limits.memory = Bytes(pages * 65_536)).outcome;
    assert_eq!(with(2), Outcome::Success);
    assert!(matches!(with(1), Outcome::MemoryExceeded { .. }));
}

#[test]
fn streams_without_end_are_too_many() {
    let wasm = command(
        STDOUT,
        WRITES,
        "",
        "(loop $again (drop (call $new)) (br $again)) unreachable",
    );
    let execution = ran(&wasm, |_| {});
    assert!(
        matches!(execution.outcome, Outcome::MemoryExceeded { .. }),
        "{:?}",
        execution.outcome
    );
}

#[test]
fn what_there_is_not_is_refused_by_its_name() {
    for name in ["wasi:http/handler@0.3.0", "wasi:clocks/timezone@0.3.0"] {
        let wasm = command(
            &format!("(import \"{name}\" (instance (export \"f\" (func))))"),
            &[],
            "",
            "(i32.const 0)",
        );
        assert_eq!(
            sandbox().load(&wasm, &Limits::default()).map(|_| ()),
            Err(LoadError::ForeignImport {
                module: name.to_owned(),
                name: "f".to_owned(),
            })
        );
    }
}

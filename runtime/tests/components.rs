//! Components: both forms, called as modules are.

mod common;

use common::component::{command, parse, tool};
use common::{load, run, sandbox};
use policies::{Bytes, Clocks, Fuel, Limits, Policy, Random};
use runtime::{Call, Execution, Form, LoadError, Outcome};

/// A policy under which components of these tests can run.
fn policy() -> Policy {
    Policy::default()
}

fn ran(wasm: &[u8], call: Call) -> Execution {
    run(&load(wasm), call)
}

fn call() -> Call {
    Call::new(policy())
}

/// Gives back what it got.
fn echo() -> Vec<u8> {
    tool(&[], "", "(call $give (local.get $in) (local.get $length))")
}

const STDOUT: &[(&str, &str, &str, &str)] = &[
    ("get-stdout", "stdout", "get-stdout", "(result i32)"),
    (
        "write",
        "streams",
        "[method]output-stream.write",
        "(param i32 i32 i32 i32)",
    ),
];

#[test]
fn a_tool_gets_the_input_and_gives_the_output() {
    let tool = load(&echo());
    assert_eq!(tool.form(), Form::ToolComponent);
    let execution = run(&tool, call().with_input("{\"a\": \"ü\"}"));
    assert_eq!(execution.outcome, Outcome::Success);
    assert_eq!(execution.output, "{\"a\": \"ü\"}".as_bytes());
    assert_eq!(execution.stdout.bytes, execution.output);
    assert_eq!(execution.usage.bytes_read, 11);
    assert_eq!(execution.usage.bytes_written, 11);
    assert_eq!(execution.usage.peak_memory, 65_536);
    assert!(execution.usage.fuel > 0);
}

#[test]
fn the_argument_manifest_asks_for_the_manifest() {
    let execution = ran(&echo(), call().with_args(["manifest"]));
    assert_eq!(execution.outcome, Outcome::Success);
    assert_eq!(execution.output, b"{}");
}

#[test]
fn other_arguments_are_refused_as_the_command_refuses_them() {
    let execution = ran(&echo(), call().with_args(["manifest", "twice"]));
    assert_eq!(execution.outcome, Outcome::ToolError { exit_code: 2 });
    let line = String::from_utf8(execution.stderr.bytes).expect("text");
    assert!(line.starts_with("{\"code\":\"invalid_input\""), "{line}");
}

#[test]
fn an_input_that_is_no_text_is_refused_before_the_run() {
    let execution = ran(&echo(), call().with_input(b"ab\xff".to_vec()));
    let Outcome::InvalidInput { message } = execution.outcome else {
        panic!("{:?}", execution.outcome);
    };
    assert!(message.contains("not UTF-8 (at byte 2)"), "{message}");
}

#[test]
fn a_tools_error_is_a_line_on_standard_error_and_an_exit_code() {
    let fails = |code: &str, details: &str, given: bool| {
        let wasm = tool(
            &[],
            &format!(
                "(data (i32.const 512) \"{code}\")
                 (data (i32.const 600) \"no \\22such\\22 row\")
                 (data (i32.const 700) \"{}\")",
                details.replace('"', "\\22")
            ),
            &format!(
                "(call $fail (i32.const 512) (i32.const {}) (i32.const 600) (i32.const 13)
                   (i32.const {}) (i32.const {}))",
                code.len(),
                if given { 700 } else { 0 },
                details.len(),
            ),
        );
        let execution = ran(&wasm, call());
        let line = String::from_utf8(execution.stderr.bytes).expect("text");
        (execution.outcome, line)
    };
    assert_eq!(
        fails("not_found", "", false),
        (
            Outcome::ToolError { exit_code: 1 },
            "{\"code\":\"not_found\",\"level\":\"error\",\"message\":\"no \\\"such\\\" row\"}\n"
                .to_owned()
        )
    );
    assert_eq!(
        fails("invalid_input", "{\"row\":3}", true),
        (
            Outcome::ToolError { exit_code: 2 },
            "{\"code\":\"invalid_input\",\"details\":{\"row\":3},\"level\":\"error\",\"message\":\"no \\\"such\\\" row\"}\n"
                .to_owned()
        )
    );
    let (_, line) = fails("failed", "no JSON", true);
    assert!(line.contains("\"details\":\"no JSON\""), "{line}");
}

#[test]
fn a_command_writes_to_standard_output_and_ends_by_its_result() {
    let wasm = |result: u32| {
        command(
            STDOUT,
            "(data (i32.const 64) \"hello\")",
            &format!(
                "(call $write (call $get-stdout) (i32.const 64) (i32.const 5) (i32.const 128))
                 (i32.const {result})"
            ),
        )
    };
    let tool = load(&wasm(0));
    assert_eq!(tool.form(), Form::CommandComponent);
    let execution = run(&tool, call());
    assert_eq!(execution.outcome, Outcome::Success);
    assert_eq!(execution.output, b"hello");
    assert_eq!(execution.usage.host_calls, 2);
    let execution = ran(&wasm(1), call());
    assert_eq!(execution.outcome, Outcome::ToolError { exit_code: 1 });
    assert_eq!(execution.output, b"hello");
}

#[test]
fn fuel_runs_out_one_unit_early() {
    let tool = load(&tool(
        &[],
        "",
        "(local $i i32)
         (local.set $i (i32.const 100))
         (loop $again
           (br_if $again (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
         (call $give (local.get $in) (local.get $length))",
    ));
    let with = |fuel| {
        let mut policy = policy();
        policy.limits.fuel = Fuel(fuel);
        run(&tool, Call::new(policy).with_input("x"))
    };
    let used = with(1_000_000).usage.fuel;
    // The smallest fuel that is enough: the engine looks at the head of each loop and function.
    let enough = (1..=used + 1).find(|fuel| with(*fuel).outcome == Outcome::Success);
    let enough = enough.expect("what it used, and one to go on with, is enough");
    assert!(used.abs_diff(enough) <= 32, "{enough} {used}");
    let exhausted = with(enough - 1);
    let limit = Fuel(enough - 1);
    assert_eq!(exhausted.outcome, Outcome::FuelExhausted { limit });
    assert_eq!(exhausted.usage.fuel, enough - 1);
}

#[test]
fn memory_is_counted_over_all_memories() {
    let wasm = parse(
        "(component
           (core module $m (memory (export \"memory\") 2)
             (func (export \"run\") (result i32)
               (if (i32.eq (memory.grow (i32.const 1)) (i32.const -1)) (then unreachable))
               (i32.const 0)))
           (core instance $one (instantiate $m))
           (core instance $two (instantiate $m))
           (func $run (result (result)) (canon lift (core func $two \"run\")))
           (instance $entry (export \"run\" (func $run)))
           (export \"wasi:cli/run@0.2.3\" (instance $entry)))",
    );
    let with = |memory| {
        let mut policy = policy();
        policy.limits.memory = memory;
        ran(&wasm, Call::new(policy))
    };
    let execution = with(Bytes::kib(5 * 64));
    assert_eq!(execution.outcome, Outcome::Success);
    assert_eq!(execution.usage.peak_memory, 5 * 65_536);
    let execution = with(Bytes::kib(4 * 64));
    assert!(
        matches!(execution.outcome, Outcome::MemoryExceeded { .. }),
        "{:?}",
        execution.outcome
    );
}

#[test]
fn one_core_instance_more_than_the_policy_allows_is_too_many() {
    let wasm = echo();
    let with = |instances| {
        let mut policy = policy();
        policy.limits.instances = instances;
        ran(&wasm, Call::new(policy)).outcome
    };
    assert_eq!(with(2), Outcome::Success);
    let outcome = with(1);
    let Outcome::MemoryExceeded { message } = outcome else {
        panic!("{outcome:?}");
    };
    assert!(message.contains("instance"), "{message}");
}

#[test]
fn output_of_exactly_the_limit_is_allowed() {
    let with = |output| {
        let mut policy = policy();
        policy.limits.output = Bytes(output);
        ran(&echo(), Call::new(policy).with_input("0123456789"))
    };
    assert_eq!(with(10).outcome, Outcome::Success);
    let execution = with(9);
    let limit = Bytes(9);
    assert_eq!(execution.outcome, Outcome::OutputExceeded { limit });
    assert_eq!(execution.output, b"012345678");
}

#[test]
fn a_loop_ends_at_the_deadline() {
    let wasm = tool(&[], "", "(loop $again (br $again)) unreachable");
    let mut policy = policy();
    policy.limits.fuel = Fuel(u64::MAX);
    policy.limits.wall_time = policies::WallTime::millis(50);
    let limit = policy.limits.wall_time;
    let execution = ran(&wasm, Call::new(policy));
    assert_eq!(execution.outcome, Outcome::DeadlineExceeded { limit });
}

#[test]
fn clocks_and_randomness_are_those_of_preview_1() {
    let wasm = tool(
        &[
            ("wall-now", "wall", "now", "(param i32)"),
            ("now", "monotonic", "now", "(result i64)"),
            (
                "sleep",
                "monotonic",
                "subscribe-duration",
                "(param i64) (result i32)",
            ),
            ("block", "poll", "[method]pollable.block", "(param i32)"),
            ("number", "random", "get-random-u64", "(result i64)"),
        ],
        // Texts of 16 hexadecimal digits.
        "(global $at (mut i32) (i32.const 1024))
         (func $show (param $number i64)
           (local $left i32)
           (local.set $left (i32.const 16))
           (loop $again
             (local.set $number (i64.rotl (local.get $number) (i64.const 4)))
             (i32.store8 (global.get $at) (i32.load8_u (i32.add (i32.const 800)
               (i32.and (i32.wrap_i64 (local.get $number)) (i32.const 15)))))
             (global.set $at (i32.add (global.get $at) (i32.const 1)))
             (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
           (i32.store8 (global.get $at) (i32.const 32))
           (global.set $at (i32.add (global.get $at) (i32.const 1))))
         (data (i32.const 800) \"0123456789abcdef\")",
        "(call $wall-now (i32.const 904))
         (call $show (i64.load (i32.const 904)))
         (call $show (i64.load32_u (i32.const 912)))
         (call $show (call $now))
         (call $block (call $sleep (i64.const 1000000)))
         (call $show (call $now))
         (call $show (call $number))
         (call $give (i32.const 1024) (i32.sub (global.get $at) (i32.const 1025)))",
    );
    let with = |clocks, random| {
        let mut policy = policy();
        policy.capabilities.clocks = clocks;
        policy.capabilities.random = random;
        let execution = ran(&wasm, Call::new(policy));
        assert_eq!(execution.outcome, Outcome::Success);
        let text = String::from_utf8(execution.output).expect("text");
        text.split(' ')
            .map(|number| u64::from_str_radix(number, 16).expect("a number"))
            .collect::<Vec<_>>()
    };
    let first = 0xe220_a839_7b1d_cdaf; // SplitMix64 of seed 0.
    assert_eq!(
        with(Clocks::Virtual, Random::Seeded(0)),
        [946_684_800, 1_000, 2_000, 1_003_000, first]
    );
    assert_eq!(
        with(Clocks::Frozen, Random::Seeded(0)),
        [946_684_800, 0, 0, 0, first]
    );
    let real = with(Clocks::Real, Random::Real);
    assert!(real[0] > 1_700_000_000, "{real:?}");
    assert!(real[3] >= real[2] + 1_000_000, "{real:?}");
    assert_ne!(real[4], first);
}

#[test]
fn what_is_no_wasi_is_refused_by_its_name() {
    let refused = |text: &str| {
        let wasm = parse(&format!(
            "(component {text}
               (core module $m (func (export \"run\") (result i32) (i32.const 0)))
               (core instance $i (instantiate $m))
               (func $run (result (result)) (canon lift (core func $i \"run\")))
               (instance $entry (export \"run\" (func $run)))
               (export \"wasi:cli/run@0.2.0\" (instance $entry)))"
        ));
        sandbox().load(&wasm, &Limits::default()).map(|_| ())
    };
    let foreign = |module: &str, name: &str| {
        Err(LoadError::ForeignImport {
            module: module.to_owned(),
            name: name.to_owned(),
        })
    };
    assert_eq!(refused(""), Ok(()));
    assert_eq!(
        refused(
            "(import \"wasi:random/random@0.2.99\" (instance (export \"get-random-u64\" (func (result u64)))))"
        ),
        Ok(())
    );
    for name in [
        "wasi:random/random",
        "wasi:random/random@0.1.0",
        "wasi:random/random@0.20.0",
        "wasi:random/random@1.0.0",
        "wasi:randoms/random@0.2.0",
        "host:machine/shell@0.2.0",
    ] {
        assert_eq!(
            refused(&format!(
                "(import \"{name}\" (instance (export \"get-random-u64\" (func (result u64)))))"
            )),
            foreign(name, "get-random-u64"),
        );
    }
    assert_eq!(
        refused("(import \"wasi:random/random@0.2.0\" (instance (export \"get-shell\" (func))))"),
        foreign("wasi:random/random@0.2.0", "get-shell"),
    );
    assert_eq!(refused("(import \"get\" (func))"), foreign("get", ""));
    let outcome = refused(
        "(import \"wasi:random/random@0.2.0\" (instance (export \"get-random-u64\" (func (result u32)))))",
    );
    assert!(
        matches!(outcome, Err(LoadError::ImportType { .. })),
        "{outcome:?}"
    );
    // Types alone are names.
    assert_eq!(
        refused(
            "(import \"ocode:tool/types@0.1.0\" (instance (type $r (record (field \"a\" u8))) (export \"r\" (type (eq $r)))))"
        ),
        Ok(())
    );
}

#[test]
fn a_component_without_an_entry_is_refused() {
    let load = |wasm: &[u8]| sandbox().load(wasm, &Limits::default()).map(|_| ());
    assert_eq!(load(&parse("(component)")), Err(LoadError::NoEntry));
}

#[test]
fn sockets_are_denied_and_recorded() {
    let wasm = command(
        &[(
            "create",
            "create-tcp",
            "create-tcp-socket",
            "(param i32 i32)",
        )],
        "",
        "(call $create (i32.const 0) (i32.const 128)) (i32.load8_u (i32.const 128))",
    );
    let execution = ran(&wasm, call());
    assert_eq!(execution.outcome, Outcome::ToolError { exit_code: 1 });
    assert_eq!(execution.denied.len(), 1);
    assert_eq!(execution.denied[0].what, "create-tcp-socket");
    assert_eq!(execution.denied[0].rule, runtime::Rule::Network);
}

//! What a run is given: standard input, arguments and environment.

mod common;

use common::{command, kind, load, run};
use policies::Policy;
use runtime::{Call, Outcome, OutcomeKind};

/// Prints all words that one pair of functions gives, and ends with their number.
fn prints(name: &str) -> Vec<u8> {
    let body = format!(
        "(drop (call ${name}_sizes_get (i32.const 0) (i32.const 4)))
         (drop (call ${name}_get (i32.const 16) (i32.const 64)))
         (i32.store (i32.const 8) (i32.load (i32.const 16)))
         (i32.store (i32.const 12) (i32.load (i32.const 4)))
         (drop (call $fd_write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 48)))
         (call $proc_exit (i32.load (i32.const 0)))"
    );
    command("", &body)
}

fn ended_with(outcome: &Outcome) -> Option<i32> {
    match outcome {
        Outcome::ToolError { exit_code } => Some(*exit_code),
        _ => None,
    }
}

#[test]
fn words_come_with_their_ends() {
    let mut policy = Policy::default();
    policy.capabilities.environment.insert("KEY".to_owned());
    let call = || {
        Call::new(policy.clone())
            .with_args(["a", "", "bc"])
            .with_env([("KEY".to_owned(), "value".to_owned())])
    };
    let args = run(&load(&prints("args")), call());
    assert_eq!(args.output, b"tool\0a\0\0bc\0");
    assert_eq!(ended_with(&args.outcome), Some(4));
    let env = run(&load(&prints("environ")), call());
    assert_eq!(env.output, b"KEY=value\0");
    assert_eq!(ended_with(&env.outcome), Some(1));
}

#[test]
fn standard_input_goes_where_it_is_moved() {
    let wasm = command(
        "",
        "(i32.store (i32.const 8) (i32.const 64))
         (i32.store (i32.const 12) (i32.const 3))
         (drop (call $fd_read (i32.const 0) (i32.const 8) (i32.const 1) (i32.const 0)))
         (drop (call $fd_renumber (i32.const 0) (i32.const 2)))
         (i32.store (i32.const 8) (i32.const 67))
         (i32.store (i32.const 12) (i32.const 100))
         (drop (call $fd_read (i32.const 2) (i32.const 8) (i32.const 1) (i32.const 0)))
         (i32.store (i32.const 8) (i32.const 64))
         (i32.store (i32.const 12) (i32.add (i32.const 3) (i32.load (i32.const 0))))
         (drop (call $fd_write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 0)))
         (call $proc_exit (call $fd_read (i32.const 0) (i32.const 8) (i32.const 1) (i32.const 0)))",
    );
    let execution = run(
        &load(&wasm),
        Call::new(Policy::default()).with_input("hello"),
    );
    assert_eq!(execution.output, b"hello");
    assert_eq!(execution.usage.bytes_read, 5);
    // BADF: nothing is left where it was.
    assert_eq!(ended_with(&execution.outcome), Some(8));
}

#[test]
fn pointers_that_lead_nowhere_end_the_run() {
    for (vectors, buffer, result) in [(3, 64, 0), (65_532, 64, 0), (8, 65_532, 0), (8, 64, 65_534)]
    {
        let body = format!(
            "(i32.store (i32.const 8) (i32.const {buffer}))
             (i32.store (i32.const 12) (i32.const 100))
             (drop (call $fd_read (i32.const 0) (i32.const {vectors}) (i32.const 1) (i32.const {result})))"
        );
        let execution = run(
            &load(&command("", &body)),
            Call::new(Policy::default()).with_input("hello"),
        );
        assert_eq!(kind(&execution), OutcomeKind::Trap, "{vectors} {buffer}");
    }
}

#[test]
fn a_vector_may_end_outside_when_what_is_read_does_not() {
    let wasm = command(
        "",
        "(i32.store (i32.const 8) (i32.const 65531))
         (i32.store (i32.const 12) (i32.const 100))
         (drop (call $fd_read (i32.const 0) (i32.const 8) (i32.const 1) (i32.const 0)))
         (i32.store (i32.const 12) (i32.load (i32.const 0)))
         (drop (call $fd_write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 0)))",
    );
    let execution = run(
        &load(&wasm),
        Call::new(Policy::default()).with_input("hello"),
    );
    assert_eq!(kind(&execution), OutcomeKind::Success);
    assert_eq!(execution.output, b"hello");
}

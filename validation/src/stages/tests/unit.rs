use super::*;
use crate::stages::example::{Answer, End, Script, options, proposal, sandbox};
use crate::{Severity, ValidatorOptions};
use policies::{Fuel, WallTime};
use runtime::CancellationToken;
use std::time::Instant;

const PASSED: &str = "\nrunning 1 test\ntest x ... ok\n\ntest result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n\n";
const IGNORED: &str = "test result: ok. 0 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s\n";

/// A program that lists these tests; how each goes is for the caller to add.
fn program(names: &[&str], ignored: &[&str]) -> Script {
    let list = |names: &[&str]| {
        names
            .iter()
            .map(|name| format!("{name}: test\n"))
            .collect::<String>()
    };
    Script::new()
        .prints("--ignored", list(ignored))
        .prints("--list", list(names) + &list(ignored) + "slow: benchmark\n")
}

fn fails(stderr: &str) -> Answer {
    Answer {
        stderr: stderr.to_owned(),
        end: End::Trap,
        ..Answer::default()
    }
}

async fn run_with(
    script: &Script,
    options: &ValidatorOptions,
    cancel: &CancellationToken,
) -> Result<Found, ValidationError> {
    let mut grant = Policy::default();
    grant.limits.fuel = Fuel(10_000_000);
    let proposal = proposal();
    let context = Context {
        stage: Stage {
            options,
            cancel,
            step: &|_| {},
            until: Instant::now() + options.stage_time.as_duration(),
        },
        sandbox: &sandbox(),
        proposal: &proposal,
        fixtures: &Fixtures::new(&proposal, &[], &grant),
        grant: &grant,
    };
    let program = TestProgram {
        name: "adder".to_owned(),
        module: script.module(),
    };
    super::run(context, &[program]).await
}

async fn run(script: &Script) -> Found {
    let ran = run_with(script, &options(), &CancellationToken::new()).await;
    ran.expect("the machine does its part")
}

fn rules(found: &Found) -> Vec<(&str, Severity)> {
    let rule = |finding: &Finding| finding.severity;
    found
        .findings
        .iter()
        .map(|finding| (finding.rule.as_str(), rule(finding)))
        .collect()
}

fn counts(found: &Found) -> [f64; 4] {
    [
        "tests_count",
        "passed_count",
        "failed_count",
        "ignored_count",
    ]
    .map(|name| found.metrics[name])
}

#[tokio::test]
async fn tests_that_pass_are_counted_and_nothing_is_found() {
    let found = run(&program(&["a", "b"], &[])
        .prints("a", PASSED)
        .prints("b", PASSED))
    .await;
    assert_eq!(rules(&found), []);
    assert_eq!(counts(&found), [2.0, 2.0, 0.0, 0.0]);
    assert!(passed_any(&found));
}

#[tokio::test]
async fn each_way_to_fail_has_its_rule_in_the_order_of_the_tests() {
    let names = ["panics", "loops", "leaves", "exits", "passes", "traps"];
    let panic = "\nthread 'panics' (1) panicked at src/main.rs:7:5:\nleft is not right\nnote: run with `RUST_BACKTRACE=1`\n";
    let script = program(&names, &[])
        .answers("panics", fails(panic))
        .answers(
            "loops",
            Answer {
                end: End::Loop,
                ..Answer::default()
            },
        )
        .prints("leaves", "running 1 test\n")
        .answers(
            "exits",
            Answer {
                end: End::Exit(3),
                stderr: "no\u{1b}[2J more\n".to_owned(),
                ..Answer::default()
            },
        )
        .prints("passes", PASSED)
        .answers("traps", fails(""));
    let found = run(&script).await;
    let error = |rule| (rule, Severity::Error);
    assert_eq!(
        rules(&found),
        [
            error("test/failed"),
            error("test/fuel-exhausted"),
            error("test/failed"),
            error("test/failed"),
            error("test/failed")
        ]
    );
    assert_eq!(counts(&found), [6.0, 1.0, 5.0, 0.0]);
    let first = &found.findings[0];
    assert_eq!(first.message, "the test `panics` fails: left is not right");
    let place = Place::File {
        path: "src/main.rs".to_owned(),
        line: Some(7),
        column: Some(5),
    };
    assert_eq!(first.place, Some(place));
    let again = first.reproducer.as_ref().expect("how to see it again");
    assert_eq!(
        again.args,
        ["--exact", "panics", "--nocapture", "--test-threads=1"]
    );
    assert_eq!(again.fuel, Some(10_000_000));
    let messages: Vec<&str> = found
        .findings
        .iter()
        .map(|finding| finding.message.as_str())
        .collect();
    assert!(
        messages[2].contains("before it has passed"),
        "{}",
        messages[2]
    );
    assert!(
        messages[3].contains("exit code 3\nno\\u{1b}[2J more"),
        "{}",
        messages[3]
    );
    assert!(messages[4].contains("traps"), "{}", messages[4]);
}

#[tokio::test]
async fn ignored_tests_are_no_tests_that_pass() {
    let found =
        run(&program(&["panics_as_it_should"], &["slow"]).prints("panics_as_it_should", IGNORED))
            .await;
    assert_eq!(
        rules(&found),
        [
            ("test/ignored", Severity::Note),
            ("test/none", Severity::Warning)
        ]
    );
    assert_eq!(counts(&found), [0.0, 0.0, 0.0, 2.0]);
    assert!(!passed_any(&found));
}

#[tokio::test]
async fn no_tests_are_a_warning() {
    let found = run(&program(&[], &[])).await;
    assert_eq!(rules(&found), [("test/none", Severity::Warning)]);
}

#[tokio::test]
async fn a_program_of_its_own_kind_can_t_list() {
    let script = Script::new().answers(
        "--list",
        Answer {
            end: End::Exit(1),
            stderr: "what?".to_owned(),
            ..Answer::default()
        },
    );
    let found = run(&script).await;
    assert_eq!(rules(&found), [("test/list-failed", Severity::Error)]);
    assert!(found.findings[0].message.ends_with("exit code 1\nwhat?"));
}

#[tokio::test]
async fn tests_beyond_the_limits_are_refused_at_the_edge() {
    let script = program(&["a", "b", "c"], &[])
        .prints("a", PASSED)
        .prints("b", PASSED)
        .prints("c", PASSED);
    let limited = |change: fn(&mut ValidatorOptions)| {
        let mut options = options();
        change(&mut options);
        options
    };
    let cancel = CancellationToken::new();
    let options = limited(|options| options.max_tests = 3);
    assert_eq!(
        rules(&run_with(&script, &options, &cancel).await.expect("runs")),
        []
    );
    let options = limited(|options| options.max_tests = 2);
    let found = run_with(&script, &options, &cancel).await.expect("runs");
    assert_eq!(rules(&found), [("test/too-many", Severity::Error)]);
    assert_eq!(counts(&found), [2.0, 2.0, 0.0, 0.0]);
    let options = limited(|options| options.stage_time = WallTime::millis(0));
    let found = run_with(&script, &options, &cancel).await.expect("runs");
    assert_eq!(rules(&found), [("test/stage-time", Severity::Error)]);
}

#[tokio::test]
async fn calling_it_off_ends_it() {
    let cancel = CancellationToken::new();
    cancel.cancel();
    let ended = run_with(&program(&["a"], &[]), &options(), &cancel).await;
    assert_eq!(ended.err(), Some(ValidationError::Cancelled));
}

#[tokio::test]
async fn more_tests_than_run_at_once_all_run() {
    let names: Vec<String> = (0..20).map(|index| format!("t{index}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let script = names.iter().fold(program(&names, &[]), |script, name| {
        script.prints(name, PASSED)
    });
    let mut options = options();
    options.parallel_runs = 3;
    let found = run_with(&script, &options, &CancellationToken::new())
        .await
        .expect("runs");
    assert_eq!(counts(&found), [20.0, 20.0, 0.0, 0.0]);
}

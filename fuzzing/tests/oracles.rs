//! One planted fault for each oracle, found by a campaign of a fixed number of runs.

mod common;

use common::{counting, found, fuzz, fuzz_wasm, program};
use fuzzing::{Rule, Severity, Spec};

const RUNS: u64 = 30_000;

/// What the planted fault waits for: a number that nobody guesses, written in decimal.
fn gate(then: &str) -> String {
    program(&format!(
        "(if (i32.eq (call $number (local.get $n)) (i32.const 48213)) (then {then}))
         (call $answer)"
    ))
}

#[test]
fn a_tool_without_fault_gives_no_finding() {
    let report = fuzz(&gate("nop"), counting(), RUNS, 1);
    let heavy: Vec<_> = report
        .findings
        .iter()
        .filter(|it| it.severity > Severity::Note)
        .map(|it| &it.message)
        .collect();
    assert!(heavy.is_empty(), "{heavy:#?}");
    assert_eq!(report.no_coverage, None);
    assert!(report.edges.0 > 0 && report.inputs.0 > 0);
    assert_eq!(report.unconfirmed, 0);
}

#[test]
fn what_breaks_a_run_is_found_behind_a_number_that_nobody_guesses() {
    for (then, rule) in [
        ("unreachable", Rule::Trap),
        (
            "(drop (i32.div_u (i32.const 1) (i32.sub (local.get $i) (local.get $j))))",
            Rule::Trap,
        ),
        ("(call $panic) unreachable", Rule::Panic),
        ("(call $panic) (call $answer) return", Rule::HiddenPanic),
        ("(loop $l (br $l))", Rule::Fuel),
        ("(call $answer) (loop $l (br $l))", Rule::SpinsAfterResult),
        ("(call $main (local.get $n))", Rule::StackOverflow),
        (
            "(if (i32.eq (memory.grow (i32.const 30000)) (i32.const -1)) (then (call $exit (i32.const 1))))",
            Rule::Memory,
        ),
        (
            "(loop $l (call $print (i32.const 1) (i32.const 0) (i32.const 60000)) (br $l))",
            Rule::Output,
        ),
        (
            "(call $print (i32.const 1) (i32.const 1300) (i32.const 8)) return",
            Rule::NoJson,
        ),
        (
            "(call $print (i32.const 1) (i32.const 1200) (i32.const 8)) return",
            Rule::OutputSchema,
        ),
        (
            "(drop (call $path_open (i32.const 3) (i32.const 0) (i32.const 1024) (i32.const 3)
               (i32.const 0) (i64.const 0) (i64.const 0) (i32.const 0) (i32.const 520)))",
            Rule::Denied,
        ),
    ] {
        let report = fuzz(&gate(then), counting(), RUNS, 1);
        let finding = found(&report, rule);
        assert_eq!(finding.severity, Severity::Error, "{then}");
        let input = String::from_utf8_lossy(&finding.input);
        assert_eq!(input, "{\"n\":48213}", "{then}");
        assert!(!finding.remedy().is_empty());
    }
}

#[test]
fn what_a_total_tool_refuses_is_found() {
    let mut spec = counting();
    spec.promises.total = true;
    let text = gate("(call $exit (i32.const 3))");
    let report = fuzz(&text, spec, RUNS, 1);
    assert_eq!(found(&report, Rule::RefusesValid).input, b"{\"n\":48213}");
    // One that does not promise it may say no.
    let report = fuzz(&text, counting(), RUNS, 1);
    assert!(
        report
            .findings
            .iter()
            .all(|it| it.rule != Rule::RefusesValid)
    );
}

#[test]
fn what_varies_with_the_world_is_found() {
    // Each answers {"ok":true} or, in some worlds, nothing.
    for (condition, rule) in [
        (
            // After 2026.
            "(drop (call $clock_time_get (i32.const 0) (i64.const 0) (i32.const 512)))
             (i64.gt_u (i64.load (i32.const 512)) (i64.const 1767225600000000000))",
            Rule::FollowsClock,
        ),
        (
            "(drop (call $random_get (i32.const 512) (i32.const 8)))
             (i32.and (i32.load (i32.const 512)) (i32.const 1))",
            Rule::FollowsRandom,
        ),
        (
            "(drop (call $environ_sizes_get (i32.const 512) (i32.const 516)))
             (i32.load (i32.const 512))",
            Rule::FollowsEnvironment,
        ),
    ] {
        let mut spec = counting();
        spec.promises.deterministic = true;
        let text = program(&format!(
            "(if (i32.eqz (block (result i32) {condition})) (then (call $answer) (return)))
             (call $exit (i32.const 9))"
        ));
        let report = fuzz(&text, spec, 3_000, 1);
        let finding = found(&report, rule);
        assert!(finding.input.len() <= 7, "{:?}", finding.input);
    }
}

#[test]
fn an_environment_that_is_printed_is_a_leak() {
    let mut spec = Spec::default();
    spec.environment = vec!["TOKEN".to_owned()];
    let text = program(
        "(drop (call $environ_sizes_get (i32.const 512) (i32.const 516)))
         (drop (call $environ_get (i32.const 2048) (i32.const 4096)))
         (call $print (i32.const 1) (i32.const 4096) (i32.load (i32.const 516)))",
    );
    let report = fuzz(&text, spec, 500, 1);
    assert_eq!(found(&report, Rule::Leak).severity, Severity::Warning);
}

#[test]
fn work_that_grows_too_fast_is_found_and_what_grows_less_is_not() {
    // Three loops inside each other over the input, then two.
    let nested = |depth: usize| {
        let mut body = "nop".to_owned();
        for level in 0..depth {
            body = format!(
                "(local.set $x{level} (i32.const 0))
                 (loop $l{level}
                   {body}
                   (local.set $x{level} (i32.add (local.get $x{level}) (i32.const 1)))
                   (br_if $l{level} (i32.lt_u (local.get $x{level}) (local.get $n))))"
            );
        }
        let locals: Vec<String> = (0..depth)
            .map(|level| format!("(local $x{level} i32)"))
            .collect();
        let locals = locals.join(" ");
        program("(call $work (local.get $n))").replace(
            "(func $main",
            &format!("(func $work (param $n i32) {locals} {body})\n(func $main"),
        )
    };
    let fuzz = |depth| {
        let wasm = wat::parse_str(nested(depth)).expect("a module");
        fuzz_wasm(&wasm, Spec::default(), 3_000, 1, |policy| {
            policy.limits.fuel = policies::Fuel(1_000_000_000);
        })
    };
    let report = fuzz(3);
    let finding = found(&report, Rule::Growth);
    assert!(
        finding.message.contains("3.0th power"),
        "{}",
        finding.message
    );
    let report = fuzz(2);
    assert!(report.findings.is_empty(), "{:#?}", report.findings);
    let growth = report.growth.expect("it was measured");
    assert!((1.8..2.2).contains(&growth), "{growth}");
}

#[test]
fn what_goes_wrong_outside_the_schema_only_weighs_less() {
    // Every input that begins with `[`.
    let text = program(
        "(if (i32.eq (call $at (i32.const 0)) (i32.const 91)) (then unreachable)) (call $answer)",
    );
    let report = fuzz(&text, counting(), 5_000, 1);
    assert_eq!(found(&report, Rule::Trap).severity, Severity::Warning);
    assert_eq!(
        found(&report, Rule::AcceptsForbidden).severity,
        Severity::Note
    );
}

#[test]
fn the_same_seed_gives_the_same_campaign() {
    let text = gate("unreachable");
    let told = |seed| {
        let report = fuzz(&text, counting(), 4_000, seed);
        let findings: Vec<_> = report
            .findings
            .iter()
            .map(|it| (it.rule, it.input.clone(), it.message.clone()))
            .collect();
        (report.corpus, report.executions, findings, report.edges)
    };
    assert_eq!(told(5), told(5));
    assert_ne!(told(5).0, told(6).0);
}

#[test]
fn bytes_behind_a_word_and_a_checksum_are_reached() {
    // "MAGK", then a byte that is the sum of the four that follow it.
    let text = program(
        "(if (i32.lt_u (local.get $n) (i32.const 9)) (then (return)))
         (if (i32.ne (i32.load (i32.const 65536)) (i32.const 0x4b47414d)) (then (return)))
         (loop $l
           (local.set $j (i32.add (local.get $j) (i32.mul (call $at (i32.add (i32.const 5) (local.get $i))) (i32.const 259))))
           (local.set $i (i32.add (local.get $i) (i32.const 1)))
           (br_if $l (i32.lt_u (local.get $i) (i32.const 4))))
         (if (i32.eq (i32.and (local.get $j) (i32.const 255)) (call $at (i32.const 4))) (then unreachable))",
    );
    let report = fuzz(&text, Spec::default(), 60_000, 1);
    let finding = found(&report, Rule::Trap);
    assert!(finding.input.starts_with(b"MAGK"));
    assert_eq!(finding.input.len(), 9);
}

#[test]
fn the_inputs_that_cost_most_are_told_the_costliest_growth_first() {
    // So many rounds as its input has bytes, each a hundred times.
    let text = program(
        "(local.set $i (i32.mul (local.get $n) (i32.const 100)))
         (loop $l
           (local.set $i (i32.sub (local.get $i) (i32.const 1)))
           (br_if $l (i32.gt_s (local.get $i) (i32.const 0))))
         (call $answer)",
    );
    let mut spec = Spec::default();
    spec.seeds = vec![b"a".repeat(64), b"b".to_vec()];
    let report = fuzz(&text, spec, 2_000, 1);
    let sizes: Vec<usize> = report.costliest.iter().map(Vec::len).collect();
    assert!(sizes.len() >= 3, "{sizes:?}");
    assert_eq!(sizes.iter().max(), sizes.first(), "{sizes:?}");
    assert!(sizes[0] > sizes[1], "{sizes:?}");
}

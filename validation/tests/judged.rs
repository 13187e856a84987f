//! The author's tests, judged: with the real toolchain, from proposal to report.
#![allow(
    clippy::float_cmp,
    reason = "the same seed gives the same figures, to the bit"
)]

mod common;

use common::{installation, launcher, shown, validate};
use policies::{Policy, WallTime};
use std::path::Path;
use std::sync::Arc;
use validation::{
    ProposedTool, Severity, StageKind, StageReport, Validated, Validator, ValidatorOptions,
};

async fn judged(tool: &str, change: impl FnOnce(&mut ValidatorOptions)) -> Validated {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../tests/tools")
        .join(tool);
    let proposal = ProposedTool::from_dir(&path).expect("a proposal");
    let mut options = ValidatorOptions::default();
    options.fuzz_time = WallTime::millis(0);
    change(&mut options);
    let ceiling = Policy::preset("workspace").expect("a preset");
    let validator = Validator::new(installation(), Arc::new(launcher().await), ceiling);
    validate(&validator.with_options(options), &proposal)
        .await
        .expect("the machine does its part")
}

fn tests(validated: &Validated) -> &StageReport {
    let mut stages = validated.report.stages.iter();
    stages
        .find(|stage| stage.stage == StageKind::Test)
        .expect("each report has the stage")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_number_and_seed_try_the_same_changes() {
    let some = |seed| {
        move |options: &mut ValidatorOptions| {
            options.mutants = Some(12);
            options.mutation_seed = seed;
        }
    };
    let one = judged("good/line-diff", some(3)).await;
    let again = judged("good/line-diff", some(3)).await;
    let other = judged("good/line-diff", some(4)).await;
    assert_eq!(tests(&one).findings, tests(&again).findings);
    for figure in [
        "mutants_tried_count",
        "mutation_score_ratio",
        "coverage_ratio",
    ] {
        let of = |validated: &Validated| tests(validated).metrics[figure];
        assert_eq!(of(&one), of(&again), "{figure}");
    }
    assert_eq!(tests(&one).metrics["mutants_tried_count"], 12.0);
    assert_eq!(tests(&other).metrics["mutants_tried_count"], 12.0);
    let reached = |validated: &Validated| tests(validated).metrics["mutants_count"];
    assert_eq!(
        reached(&one),
        reached(&other),
        "what is reached has no seed"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lines_that_only_tests_reach_and_lines_that_nothing_reaches_are_told_apart() {
    let validated = judged("bad/barely-tried", |_| {}).await;
    let sources = &validated.report.sources;
    let main = sources.iter().find(|source| source.path == "src/main.rs");
    let coverage = main.and_then(|main| main.coverage.as_ref());
    let coverage = coverage.unwrap_or_else(|| panic!("{}", shown(&validated)));
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/tools/bad/barely-tried/src/main.rs");
    let text = std::fs::read_to_string(path).expect("it is there");
    let line = |words: &str| {
        let at = text.lines().position(|line| line.contains(words));
        u32::try_from(at.expect(words)).expect("few") + 1
    };
    for covered in ["total += count * unit", "Action::Seconds =>"] {
        assert!(coverage.covered.contains(&line(covered)), "{covered}");
    }
    for missed in [
        "Action::Clock =>",
        "seconds / 3_600;",
        "a unit has no number",
    ] {
        assert!(coverage.missed.contains(&line(missed)), "{missed}");
    }
    let in_tests = line("assert_eq!(seconds(");
    assert!(
        !coverage.covered.contains(&in_tests),
        "tests are not the tool"
    );
    let finding = tests(&validated).findings.iter();
    let low: Vec<Severity> = finding
        .filter(|finding| finding.rule == "test/low-coverage")
        .map(|finding| finding.severity)
        .collect();
    assert_eq!(low, [Severity::Warning]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_not_asked_for_is_not_measured() {
    for change in [
        (|options| options.mutation_time = WallTime::millis(0)) as fn(&mut ValidatorOptions),
        |options| options.mutants = Some(0),
    ] {
        let validated = judged("bad/asserts-nothing", change).await;
        let metrics = &tests(&validated).metrics;
        for figure in ["coverage_ratio", "mutation_score_ratio", "repeated_count"] {
            assert!(!metrics.contains_key(figure), "{figure}");
        }
        let not_examined = validated.report.confidence.factors.iter();
        let not_examined: Vec<&str> = not_examined
            .filter(|factor| factor.not_examined)
            .map(|factor| factor.input.as_str())
            .collect();
        assert!(not_examined.contains(&"coverage"), "{not_examined:?}");
        assert!(not_examined.contains(&"mutation"), "{not_examined:?}");
    }
}

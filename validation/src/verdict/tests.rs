use super::*;
use crate::stages::example::proposal;
use crate::{CapabilityRequest, Properties};
use policies::Access;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn manifest(capabilities: Vec<CapabilityRequest>) -> Manifest {
    Manifest {
        name: "adder".to_owned(),
        version: semver::Version::new(1, 0, 0),
        description: "Adds.".to_owned(),
        input_schema: true.into(),
        output_schema: true.into(),
        capabilities,
        examples: Vec::new(),
        properties: Properties {
            deterministic: true,
            ..Properties::default()
        },
    }
}

fn finding(severity: Severity) -> Finding {
    Finding {
        severity,
        ..Finding::error("test/x", "m", "r")
    }
}

fn stages(findings: Vec<Finding>, passed: u32, held: u32) -> Vec<StageReport> {
    let stage = |stage, metric: &str, figure: u32, findings| StageReport {
        stage,
        status: StageStatus::Passed,
        reason: None,
        duration_millis: 0,
        metrics: BTreeMap::from([(metric.to_owned(), f64::from(figure))]),
        findings,
    };
    vec![
        stage(StageKind::Test, "passed_count", passed, findings),
        stage(StageKind::Examples, "held_count", held, Vec::new()),
    ]
}

fn judged(stages: &[StageReport], manifest: &Manifest) -> (Verdict, Confidence) {
    let verdict = verdict(stages, Some(manifest));
    let confidence = confidence(verdict, stages, Some(manifest), &proposal());
    (verdict, confidence)
}

#[test]
fn the_rule_by_its_cases() {
    let none = manifest(Vec::new());
    let verdict_of = |findings| judged(&stages(findings, 1, 1), &none).0;
    assert_eq!(verdict_of(vec![]), Verdict::Passed);
    assert_eq!(verdict_of(vec![finding(Severity::Note)]), Verdict::Passed);
    let warning = finding(Severity::Warning);
    assert_eq!(
        verdict_of(vec![warning.clone()]),
        Verdict::HumanReviewRequired
    );
    let both = vec![warning, finding(Severity::Error)];
    assert_eq!(verdict_of(both), Verdict::Failed);
    assert_eq!(verdict(&stages(vec![], 1, 1), None), Verdict::Failed);
}

#[test]
fn what_could_do_harm_is_for_a_person() {
    let reason = || "r".to_owned();
    let folder = |access| CapabilityRequest::Directory {
        guest: "/data".to_owned(),
        access,
        reason: reason(),
        fixture: None,
    };
    let network = CapabilityRequest::Network {
        host: "a:1".to_owned(),
        reason: reason(),
    };
    let variable = CapabilityRequest::Environment {
        name: "TZ".to_owned(),
        reason: reason(),
    };
    for (request, expected) in [
        (folder(Access::Read), Verdict::Passed),
        (variable, Verdict::Passed),
        (folder(Access::ReadWrite), Verdict::HumanReviewRequired),
        (network, Verdict::HumanReviewRequired),
        (
            CapabilityRequest::RealClock { reason: reason() },
            Verdict::HumanReviewRequired,
        ),
        (
            CapabilityRequest::RealRandom { reason: reason() },
            Verdict::HumanReviewRequired,
        ),
    ] {
        let what = request.what();
        let verdict = judged(&stages(vec![], 1, 1), &manifest(vec![request])).0;
        assert_eq!(verdict, expected, "{what}");
    }
}

#[test]
fn the_score_is_the_sum_of_its_factors() {
    let (_, confidence) = judged(&stages(vec![], 3, 2), &manifest(Vec::new()));
    let factors: Vec<(&str, f64)> = confidence
        .factors
        .iter()
        .map(|factor| (factor.what.as_str(), factor.change))
        .collect();
    assert_eq!(
        factors,
        [
            ("it was built, inspected and run in the sandbox", 0.5),
            ("3 tests passed", 0.12),
            ("2 examples hold", 0.1),
            ("what it promises held for the examples", 0.05),
            ("it is documented", 0.05),
        ]
    );
    assert!((confidence.score - 0.82).abs() < 1e-9);
    let (_, most) = judged(&stages(vec![], 100, 100), &manifest(Vec::new()));
    assert!((most.score - 0.9).abs() < 1e-9, "not fuzzed: {most:?}");
}

#[test]
fn fuzzing_that_found_no_error_raises_the_confidence_by_its_runs() {
    let none = manifest(Vec::new());
    let with = |runs: f64, status| {
        let mut stages = stages(vec![], 1, 1);
        stages.push(StageReport {
            stage: StageKind::Fuzz,
            status,
            reason: None,
            duration_millis: 0,
            metrics: BTreeMap::from([("runs_count".to_owned(), runs)]),
            findings: Vec::new(),
        });
        judged(&stages, &none).1.score
    };
    let without = judged(&stages(vec![], 1, 1), &none).1.score;
    let raised = |runs| ((with(runs, StageStatus::Passed) - without) * 100.0).round();
    assert!(raised(0.0).abs() < 1e-9 && raised(999.0).abs() < 1e-9);
    assert!((raised(1_000.0) - 1.0).abs() < 1e-9);
    assert!((raised(10_000.0) - 10.0).abs() < 1e-9);
    assert!((raised(1e9) - 10.0).abs() < 1e-9);
    assert!((with(1e9, StageStatus::Skipped) - without).abs() < 1e-9);
}

fn any_findings() -> impl Strategy<Value = Vec<Finding>> {
    let severity = prop_oneof![
        Just(Severity::Note),
        Just(Severity::Warning),
        Just(Severity::Error)
    ];
    prop::collection::vec(severity.prop_map(finding), 0..12)
}

proptest! {
    #[test]
    fn scores_are_between_0_and_1_and_errors_never_pass(
        findings in any_findings(), passed in 0u32..50, held in 0u32..50,
    ) {
        let error = findings.iter().any(|finding| finding.severity == Severity::Error);
        let (verdict, confidence) = judged(&stages(findings, passed, held), &manifest(Vec::new()));
        prop_assert_eq!(error, verdict == Verdict::Failed);
        prop_assert!((0.0..=1.0).contains(&confidence.score));
    }

    #[test]
    fn a_warning_more_never_raises_the_score(
        mut findings in any_findings(), passed in 0u32..50, held in 0u32..50,
    ) {
        let before = judged(&stages(findings.clone(), passed, held), &manifest(Vec::new())).1;
        findings.push(finding(Severity::Warning));
        let after = judged(&stages(findings, passed, held), &manifest(Vec::new())).1;
        prop_assert!(after.score <= before.score);
    }

    #[test]
    fn tests_and_examples_more_never_lower_the_score(passed in 0u32..50, held in 0u32..50) {
        let score = |passed, held| judged(&stages(vec![], passed, held), &manifest(Vec::new())).1.score;
        prop_assert!(score(passed + 1, held) >= score(passed, held));
        prop_assert!(score(passed, held + 1) >= score(passed, held));
    }
}

use super::*;
use crate::{Properties, StageKind};
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
        budget: crate::CallBudget::default(),
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
        cases: Vec::new(),
    };
    vec![
        stage(StageKind::Test, "passed_count", passed, findings),
        stage(StageKind::Examples, "held_count", held, Vec::new()),
    ]
}

fn confidence(score: f64) -> Confidence {
    Confidence {
        score,
        factors: Vec::new(),
    }
}

fn judged(stages: &[StageReport], manifest: &Manifest) -> Verdict {
    verdict(
        stages,
        Some(manifest),
        &confidence(0.5),
        &Thresholds::default(),
    )
    .0
}

#[test]
fn the_rule_by_its_cases() {
    let none = manifest(Vec::new());
    let verdict_of = |findings| judged(&stages(findings, 1, 1), &none);
    assert_eq!(verdict_of(vec![]), Verdict::Passed);
    assert_eq!(verdict_of(vec![finding(Severity::Note)]), Verdict::Passed);
    let warning = finding(Severity::Warning);
    assert_eq!(
        verdict_of(vec![warning.clone()]),
        Verdict::HumanReviewRequired
    );
    let both = vec![warning, finding(Severity::Error)];
    assert_eq!(verdict_of(both), Verdict::Failed);
    let (unknown, why) = verdict(
        &stages(vec![], 1, 1),
        None,
        &confidence(1.0),
        &Thresholds::default(),
    );
    assert_eq!(unknown, Verdict::Failed);
    assert_eq!(why, ["what it says of itself, its manifest, is not known"]);
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
        let verdict = judged(&stages(vec![], 1, 1), &manifest(vec![request]));
        assert_eq!(verdict, expected, "{what}");
    }
}

#[test]
fn a_verdict_says_why() {
    let why = |findings, capabilities| {
        let stages = stages(findings, 1, 1);
        let manifest = manifest(capabilities);
        verdict(
            &stages,
            Some(&manifest),
            &confidence(0.5),
            &Thresholds::default(),
        )
        .1
    };
    assert_eq!(
        why(vec![], vec![]),
        ["nothing was found wrong by the stages test, examples"]
    );
    let error = finding(Severity::Error);
    assert_eq!(
        why(
            vec![error.clone(), error, finding(Severity::Warning)],
            vec![]
        ),
        ["what keeps it from passing: 2 errors (test/x)"]
    );
    let clock = CapabilityRequest::RealClock {
        reason: "r".to_owned(),
    };
    assert_eq!(
        why(vec![finding(Severity::Warning)], vec![clock]),
        [
            "what a person should look at: 1 warning (test/x)",
            "it asks for the real clock"
        ]
    );
}

#[test]
fn thresholds_hold_at_their_edges_and_never_loosen() {
    let thresholds = Thresholds::new(0.6, 0.3).expect("thresholds");
    let of = |findings, score| {
        let stages = stages(findings, 1, 1);
        let manifest = manifest(Vec::new());
        verdict(&stages, Some(&manifest), &confidence(score), &thresholds).0
    };
    for (score, expected) in [
        (1.0, Verdict::Passed),
        (0.60, Verdict::Passed),
        (0.59, Verdict::HumanReviewRequired),
        (0.30, Verdict::HumanReviewRequired),
        (0.29, Verdict::Failed),
        (0.0, Verdict::Failed),
    ] {
        assert_eq!(of(vec![], score), expected, "{score}");
        assert_eq!(of(vec![finding(Severity::Error)], score), Verdict::Failed);
        assert_ne!(of(vec![finding(Severity::Warning)], score), Verdict::Passed);
    }
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
    fn a_tool_with_errors_never_passes_and_one_without_never_fails_for_its_findings(
        findings in any_findings(), passed in 0u32..50, held in 0u32..50,
    ) {
        let error = findings.iter().any(|finding| finding.severity == Severity::Error);
        let verdict = judged(&stages(findings, passed, held), &manifest(Vec::new()));
        prop_assert_eq!(error, verdict == Verdict::Failed);
    }
}

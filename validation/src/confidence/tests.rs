use super::*;
use crate::Properties;
use crate::stages::example::proposal;
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

fn stage(stage: StageKind, metrics: &[(&str, f64)]) -> StageReport {
    StageReport {
        stage,
        status: StageStatus::Passed,
        reason: None,
        duration_millis: 0,
        metrics: metrics
            .iter()
            .map(|(name, figure)| ((*name).to_owned(), *figure))
            .collect::<BTreeMap<_, _>>(),
        findings: Vec::new(),
        cases: Vec::new(),
    }
}

/// What there is of a good tool today.
fn stages() -> Vec<StageReport> {
    vec![
        stage(StageKind::Build, &[]),
        stage(StageKind::Inspect, &[]),
        stage(StageKind::Manifest, &[]),
        stage(StageKind::Test, &[("passed_count", 3.0)]),
        stage(StageKind::Examples, &[("held_count", 2.0)]),
    ]
}

fn gathered(stages: &[StageReport]) -> Evidence {
    Evidence::gather(stages, Some(&manifest(Vec::new())), &proposal(), None)
}

fn best() -> Evidence {
    Evidence {
        built: true,
        inspected: true,
        declared: true,
        tests_passed: 5.0,
        examples_held: 3.0,
        promises_hold: true,
        is_documented: true,
        coverage: Some(1.0),
        mutation: Some(1.0),
        fuzz_executions: Some(999_999.0),
        track_record: Some(TrackRecord {
            passed: u32::MAX,
            failed: 0,
        }),
        ..Evidence::default()
    }
}

#[test]
fn each_contribution_stands_in_the_report_with_its_sign() {
    let confidence = gathered(&stages()).confidence();
    let factors: Vec<String> = confidence
        .factors
        .iter()
        .map(|it| format!("{:+.2} {}: {}", it.change, it.input, it.what))
        .collect();
    insta::assert_snapshot!(factors.join("\n"));
    let sum: f64 = confidence.factors.iter().map(|it| it.change).sum();
    assert!((confidence.score - sum).abs() < 1e-9, "{confidence:?}");
}

#[test]
fn the_best_of_all_is_1_and_nothing_is_0() {
    assert_eq!(best().confidence().score, 1.0);
    assert_eq!(Evidence::default().confidence().score, 0.0);
}

#[test]
fn what_was_not_examined_is_named_and_lowers() {
    let none = gathered(&stages()).confidence();
    let missing: Vec<&str> = none
        .factors
        .iter()
        .filter(|it| it.not_examined)
        .map(|it| it.input.as_str())
        .collect();
    assert_eq!(missing, ["coverage", "mutation", "fuzzing", "track_record"]);
    assert!(
        none.factors
            .iter()
            .all(|it| !it.not_examined || it.change < 0.0)
    );
    // Figures of the stages that measure it, by their names.
    let mut more = stages();
    let test = &mut more[3].metrics;
    test.insert("coverage_ratio".to_owned(), 0.5);
    test.insert("mutation_score_ratio".to_owned(), 0.75);
    more.push(stage(StageKind::Fuzz, &[("runs_count", 1000.0)]));
    let evidence = gathered(&more);
    assert_eq!(evidence.coverage, Some(0.5));
    assert_eq!(evidence.mutation, Some(0.75));
    assert_eq!(evidence.fuzz_executions, Some(1000.0));
    assert!(evidence.confidence().score > none.score);
    // A stage that was skipped has shown nothing, whatever it says.
    more[5].status = StageStatus::Skipped;
    assert_eq!(gathered(&more).fuzz_executions, None);
}

#[test]
fn figures_that_are_none_count_for_nothing() {
    for strange in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -5.0, 1e300] {
        let evidence = Evidence {
            tests_passed: strange,
            examples_held: strange,
            coverage: Some(strange),
            mutation: Some(strange),
            fuzz_executions: Some(strange),
            ..best()
        };
        let confidence = evidence.confidence();
        if strange.is_nan() {
            let none = Evidence {
                tests_passed: 0.0,
                examples_held: 0.0,
                coverage: None,
                mutation: None,
                fuzz_executions: None,
                ..best()
            };
            assert_eq!(confidence.score, none.confidence().score);
        }
        assert!(
            (0.0..=1.0).contains(&confidence.score),
            "{strange}: {confidence:?}"
        );
    }
}

fn request(kind: u8) -> CapabilityRequest {
    let reason = "r".to_owned();
    match kind % 6 {
        0 | 1 => CapabilityRequest::Directory {
            guest: "/data".to_owned(),
            access: if kind.is_multiple_of(6) {
                Access::Read
            } else {
                Access::ReadWrite
            },
            reason,
            fixture: None,
        },
        2 => CapabilityRequest::Environment {
            name: "TZ".to_owned(),
            reason,
        },
        3 => CapabilityRequest::Network {
            host: "a:1".to_owned(),
            reason,
        },
        4 => CapabilityRequest::RealClock { reason },
        _ => CapabilityRequest::RealRandom { reason },
    }
}

prop_compose! {
    fn any_record()(passed in 0u32..100, failed in 0u32..100) -> TrackRecord {
        TrackRecord { passed, failed }
    }
}

prop_compose! {
    fn any_evidence()(
        flags in any::<[bool; 5]>(),
        tests in 0u32..12,
        examples in 0u32..8,
        coverage in prop::option::of(0.0..1.0),
        mutation in prop::option::of(0.0..1.0),
        fuzz in prop::option::of(0.0..3e6),
        track_record in prop::option::of(any_record()),
        kinds in prop::collection::vec(0u8..6, 0..8),
        warnings in 0usize..9,
        errors in 0usize..4,
    ) -> Evidence {
        Evidence {
            built: flags[0],
            inspected: flags[1],
            declared: flags[2],
            tests_passed: tests.into(),
            examples_held: examples.into(),
            promises_hold: flags[3],
            is_documented: flags[4],
            coverage,
            mutation,
            fuzz_executions: fuzz,
            track_record,
            capabilities: kinds.into_iter().map(request).collect(),
            warnings,
            errors,
        }
    }
}

/// Makes one thing better, whichever and by however much.
fn better(mut evidence: Evidence, which: usize, by: f64) -> Evidence {
    let raised = |old: Option<f64>, most: f64| {
        Some(old.map_or(by * most, |it| it + (most - it).max(0.0) * by))
    };
    match which {
        0 => evidence.built = true,
        1 => evidence.inspected = true,
        2 => evidence.declared = true,
        3 => evidence.promises_hold = true,
        4 => evidence.is_documented = true,
        5 => evidence.tests_passed += 1.0 + (by * 5.0).floor(),
        6 => evidence.examples_held += 1.0 + (by * 5.0).floor(),
        7 => evidence.coverage = raised(evidence.coverage, 1.0),
        8 => evidence.mutation = raised(evidence.mutation, 1.0),
        9 => evidence.fuzz_executions = raised(evidence.fuzz_executions, 5e6),
        10 => {
            let mut record = evidence.track_record.unwrap_or_default();
            record.passed += 1;
            evidence.track_record = Some(record);
        }
        11 => {
            if let Some(record) = &mut evidence.track_record {
                record.failed = record.failed.saturating_sub(1);
            }
        }
        12 => {
            #[allow(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                clippy::cast_precision_loss,
                reason = "an index below the length"
            )]
            let index = (by * evidence.capabilities.len() as f64) as usize;
            if index < evidence.capabilities.len() {
                evidence.capabilities.remove(index);
            }
        }
        13 => evidence.warnings = evidence.warnings.saturating_sub(1),
        _ => evidence.errors = evidence.errors.saturating_sub(1),
    }
    evidence
}

proptest! {
    #[test]
    fn better_evidence_never_lowers(
        evidence in any_evidence(), steps in prop::collection::vec((0usize..15, 0.0..1.0), 1..6),
    ) {
        let mut now = evidence;
        for (which, by) in steps {
            let next = better(now.clone(), which, by);
            let (before, after) = (now.confidence(), next.confidence());
            prop_assert!(after.score >= before.score, "{which}: {before:?} {after:?}");
            now = next;
        }
    }

    #[test]
    fn scores_are_between_0_and_1_and_the_sum_of_their_factors(evidence in any_evidence()) {
        let confidence = evidence.confidence();
        let sum: f64 = confidence.factors.iter().map(|it| it.change).sum();
        prop_assert!((confidence.score - sum.clamp(0.0, 1.0)).abs() < 0.006);
        prop_assert!((0.0..=1.0).contains(&confidence.score));
    }

    #[test]
    fn something_left_out_is_never_worth_more_than_the_worst_of_it(evidence in any_evidence()) {
        let without = Evidence {
            coverage: None,
            mutation: None,
            fuzz_executions: None,
            track_record: None,
            ..evidence.clone()
        };
        prop_assert!(without.confidence().score <= evidence.confidence().score);
    }
}

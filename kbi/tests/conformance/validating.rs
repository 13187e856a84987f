//! From proposed to a verdict.

use super::fixtures::{
    Fresh, all, artifact, brought_to, by, finish, manifest, propose, report, state, tool,
};
use kbi::{Digest, KbiError, Move, Started, State, ValidationOutcome};
use policies::Policy;
use serde_json::json;
use validation::{Manifest, ValidationReport, Verdict};

const VERDICTS: [(Verdict, State); 3] = [
    (Verdict::Passed, State::Passed),
    (Verdict::Failed, State::Failed),
    (Verdict::HumanReviewRequired, State::Review),
];

pub(crate) fn what_is_unfinished_is_named_the_oldest_first(fresh: &Fresh) {
    let bench = fresh();
    assert_eq!(bench.kb.unfinished().unwrap(), []);
    // Ids and times that contradict the order: a clock may go backwards.
    let mut owed = Vec::new();
    for (number, &state) in State::ALL.iter().enumerate() {
        bench
            .clock
            .set(1_700_000_000_000_000 - i64::try_from(number).unwrap() * 1_000_000);
        let id = brought_to(&*bench.kb, &tool(&format!("tool-{number}"), "1.0.0"), state);
        if state.is_unfinished() {
            owed.push(id);
        }
    }
    assert_eq!(owed.len(), 2);
    assert_eq!(bench.kb.unfinished().unwrap(), owed);
}

pub(crate) fn a_validation_that_was_cut_off_begins_anew(fresh: &Fresh) {
    let bench = fresh();
    let tool = tool("word-count", "1.0.0");
    let id = propose(&*bench.kb, &tool);
    for (attempt, resumed) in [(1, false), (2, true), (3, true)] {
        let started = bench.another_handle().begin_validation(id, &by()).unwrap();
        assert_eq!(started, Started { resumed, attempt });
        assert_eq!(state(&*bench.kb, id), State::Validating);
    }
    finish(&*bench.kb, id, &tool, Verdict::Passed).unwrap();
    assert!(matches!(
        bench.kb.begin_validation(id, &by()),
        Err(KbiError::IllegalMove { source, .. }) if source.from == State::Passed
    ));
    let moves: Vec<_> = bench
        .kb
        .audit(id)
        .unwrap()
        .iter()
        .map(|entry| entry.by_move)
        .collect();
    let resume = Move::ResumeValidation;
    assert_eq!(
        moves,
        [
            Move::Propose,
            Move::BeginValidation,
            resume,
            resume,
            Move::Pass
        ]
    );
}

pub(crate) fn each_verdict_leads_to_its_state(fresh: &Fresh) {
    let bench = fresh();
    for (number, (verdict, expected)) in VERDICTS.into_iter().enumerate() {
        let tool = tool(&format!("tool-{number}"), "1.0.0");
        let id = brought_to(&*bench.kb, &tool, State::Validating);
        assert_eq!(finish(&*bench.kb, id, &tool, verdict).unwrap(), expected);
        let record = bench.kb.proposal(id).unwrap().version;
        assert_eq!((record.state, record.verdict), (expected, Some(verdict)));
    }
}

pub(crate) fn all_that_came_of_it_is_read_back_exactly(fresh: &Fresh) {
    let bench = fresh();
    let tool = tool("word-count", "1.0.0");
    let id = brought_to(&*bench.kb, &tool, State::Validating);
    assert!(matches!(
        bench.kb.report(id),
        Err(KbiError::NotValidated {
            state: State::Validating,
            ..
        })
    ));
    let (mut manifest, grant) = (manifest(&tool), Policy::preset("workspace").unwrap());
    "What \"it\" itself says,\nin ünïcode.".clone_into(&mut manifest.description);
    let artifact: Vec<u8> = (0..3_000_000_u32)
        .map(|n| n.to_le_bytes()[n as usize % 4])
        .collect();
    let report = report(&tool, Verdict::Passed, Some(&artifact));
    let outcome = ValidationOutcome {
        report: &report,
        artifact: Some(&artifact),
        manifest: Some(&manifest),
        grant: &grant,
        attestations: None,
    };
    bench.kb.finish_validation(id, &outcome, &by()).unwrap();

    let other = bench.another_handle();
    let digest = Digest::of(&artifact);
    assert_eq!(other.report(id).unwrap(), report);
    assert!(other.artifact(&digest).unwrap() == artifact);
    let record = other.proposal(id).unwrap();
    assert_eq!(record.manifest.as_ref(), Some(&manifest));
    assert_eq!(
        serde_json::to_string(&record.manifest).unwrap(),
        serde_json::to_string(&manifest).unwrap()
    );
    assert_eq!(record.grant, Some(grant));
    // Agents choose by the tool's own words, not by what was said of it when it was proposed.
    assert_eq!(record.version.description, manifest.description);
    assert_eq!(record.tool.description, tool.description);
    assert_eq!(record.version.artifact, Some(digest));
    assert_eq!(record.version.confidence, Some(report.confidence.score));
}

pub(crate) fn a_failed_one_needs_neither_artifact_nor_manifest(fresh: &Fresh) {
    let bench = fresh();
    let tool = tool("word-count", "1.0.0");
    let id = brought_to(&*bench.kb, &tool, State::Validating);
    let report = report(&tool, Verdict::Failed, None);
    let grant = Policy::default();
    let outcome = ValidationOutcome {
        report: &report,
        artifact: None,
        manifest: None,
        grant: &grant,
        attestations: None,
    };
    assert_eq!(
        bench.kb.finish_validation(id, &outcome, &by()).unwrap(),
        State::Failed
    );
    let record = bench.kb.proposal(id).unwrap();
    assert_eq!((record.version.artifact, record.manifest), (None, None));
    assert_eq!(bench.kb.report(id).unwrap(), report);
}

/// What is wrong, and the report, artifact and manifest of an outcome that has it.
type Parts<'a> = (
    &'static str,
    &'a ValidationReport,
    Option<&'a [u8]>,
    Option<&'a Manifest>,
);

pub(crate) fn parts_that_do_not_belong_together_are_refused_without_a_trace(fresh: &Fresh) {
    let bench = fresh();
    let tool = tool("word-count", "1.0.0");
    let id = brought_to(&*bench.kb, &tool, State::Validating);
    let before = all(&*bench.kb);
    let (module, grant) = (artifact(&tool), Policy::default());
    let changed = |change: fn(&mut serde_json::Value)| -> ValidationReport {
        let mut value =
            serde_json::to_value(report(&tool, Verdict::Passed, Some(&artifact(&tool)))).unwrap();
        change(&mut value);
        serde_json::from_value(value).unwrap()
    };
    let good = changed(|_| ());
    let no_artifact = changed(|report| report["artifact_digest"] = json!(null));
    let its = manifest(&tool);
    let others: Manifest = Manifest {
        name: "other".to_owned(),
        ..its.clone()
    };
    let newer: Manifest = Manifest {
        version: semver::Version::new(1, 0, 1),
        ..its.clone()
    };
    let refused: [Parts<'_>; 10] = [
        (
            "name",
            &changed(|report| report["name"] = json!("other")),
            Some(&module),
            Some(&its),
        ),
        (
            "version",
            &changed(|report| report["version"] = json!("1.0.1")),
            Some(&module),
            Some(&its),
        ),
        (
            "proposal digest",
            &changed(|report| report["proposal_digest"] = json!("0".repeat(64))),
            Some(&module),
            Some(&its),
        ),
        ("other artifact", &good, Some(b"other"), Some(&its)),
        ("artifact not given", &good, None, Some(&its)),
        (
            "artifact not reported",
            &no_artifact,
            Some(&module),
            Some(&its),
        ),
        ("passed without artifact", &no_artifact, None, Some(&its)),
        ("passed without manifest", &good, Some(&module), None),
        ("another's manifest", &good, Some(&module), Some(&others)),
        (
            "another version's manifest",
            &good,
            Some(&module),
            Some(&newer),
        ),
    ];
    for (what, report, artifact, manifest) in refused {
        let outcome = ValidationOutcome {
            report,
            artifact,
            manifest,
            grant: &grant,
            attestations: None,
        };
        match bench.kb.finish_validation(id, &outcome, &by()) {
            Err(KbiError::OutcomeMismatch { id: found, .. }) => assert_eq!(found, id),
            other => panic!("{what}: {other:?}"),
        }
        assert_eq!(all(&*bench.kb), before, "{what}");
    }
    for bytes in [&*module, b"other"] {
        let digest = Digest::of(bytes);
        assert!(matches!(
            bench.kb.artifact(&digest),
            Err(KbiError::UnknownArtifact { .. })
        ));
    }
    // And it still can be finished as it should.
    finish(&*bench.kb, id, &tool, Verdict::Passed).unwrap();
}

pub(crate) fn what_could_not_be_read_again_is_refused(fresh: &Fresh) {
    let bench = fresh();
    let tool = tool("word-count", "1.0.0");
    let id = brought_to(&*bench.kb, &tool, State::Validating);
    let before = all(&*bench.kb);
    let (module, its, grant) = (artifact(&tool), manifest(&tool), Policy::default());
    let mut unsure = report(&tool, Verdict::Passed, Some(&module));
    unsure.confidence.score = f64::NAN;
    let deep = (0..200).fold(json!({}), |inner, _| json!([inner]));
    let nested = Manifest {
        output_schema: deep,
        ..its.clone()
    };
    let good = report(&tool, Verdict::Passed, Some(&module));
    for (field, report, manifest) in [("report", &unsure, &its), ("manifest", &good, &nested)] {
        let outcome = ValidationOutcome {
            report,
            artifact: Some(&module),
            manifest: Some(manifest),
            grant: &grant,
            attestations: None,
        };
        match bench.kb.finish_validation(id, &outcome, &by()) {
            Err(KbiError::InvalidInput { field: found, .. }) => assert_eq!(found, field),
            other => panic!("{field}: {other:?}"),
        }
    }
    assert_eq!(all(&*bench.kb), before);
}

pub(crate) fn the_same_artifact_may_serve_two_versions(fresh: &Fresh) {
    let bench = fresh();
    let bytes = b"\0asm the same";
    for number in ["1.0.0", "1.0.1"] {
        let tool = tool("word-count", number);
        let id = brought_to(&*bench.kb, &tool, State::Validating);
        let report = report(&tool, Verdict::Passed, Some(bytes));
        let outcome = ValidationOutcome {
            report: &report,
            artifact: Some(bytes),
            manifest: Some(&manifest(&tool)),
            grant: &Policy::default(),
            attestations: None,
        };
        bench.kb.finish_validation(id, &outcome, &by()).unwrap();
        assert_eq!(bench.kb.artifact(&Digest::of(bytes)).unwrap(), bytes);
    }
}

pub(crate) fn of_many_that_finish_at_once_one_wins(fresh: &Fresh) {
    let bench = fresh();
    let tool = tool("word-count", "1.0.0");
    let id = brought_to(&*bench.kb, &tool, State::Validating);
    let answers = bench.at_once(4, |number, kb| {
        finish(kb, id, &tool, VERDICTS[number % 3].0)
    });
    let won: Vec<_> = answers.iter().flatten().collect();
    assert_eq!(won, [&state(&*bench.kb, id)]);
    assert!(
        answers
            .iter()
            .all(|a| matches!(a, Ok(_) | Err(KbiError::IllegalMove { .. })))
    );
    assert_eq!(bench.kb.audit(id).unwrap().len(), 3);
}

pub(crate) fn what_was_attested_is_read_back_to_the_byte(fresh: &Fresh) {
    let bench = fresh();
    let tool = tool("word-count", "1.0.0");
    let id = brought_to(&*bench.kb, &tool, State::Validating);
    assert!(matches!(
        bench.kb.attestations(id),
        Err(KbiError::NotValidated { .. })
    ));
    let artifact = artifact(&tool);
    let (report, manifest) = (
        report(&tool, Verdict::Passed, Some(&artifact)),
        manifest(&tool),
    );
    let outcome = ValidationOutcome {
        report: &report,
        artifact: Some(&artifact),
        manifest: Some(&manifest),
        grant: &Policy::default(),
        attestations: Some("{\"one\":1}\n{\"two\":\"\u{fc}\"}\n"),
    };
    bench.kb.finish_validation(id, &outcome, &by()).unwrap();
    let other = bench.another_handle();
    assert_eq!(
        Some(&*other.attestations(id).unwrap()),
        outcome.attestations
    );
}

pub(crate) fn nobody_vouches_for_what_was_not_built(fresh: &Fresh) {
    let bench = fresh();
    let tool = tool("word-count", "1.0.0");
    let id = brought_to(&*bench.kb, &tool, State::Validating);
    let report = report(&tool, Verdict::Failed, None);
    let mut outcome = ValidationOutcome {
        report: &report,
        artifact: None,
        manifest: None,
        grant: &Policy::default(),
        attestations: Some("{}\n"),
    };
    assert!(matches!(
        bench.kb.finish_validation(id, &outcome, &by()),
        Err(KbiError::OutcomeMismatch { .. })
    ));
    outcome.attestations = None;
    bench.kb.finish_validation(id, &outcome, &by()).unwrap();
    let error = bench.kb.attestations(id).unwrap_err();
    assert!(matches!(error, KbiError::NotAttested { .. }), "{error}");
    assert_eq!(error.kind(), kbi::ErrorKind::NotFound);
}

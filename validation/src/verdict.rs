//! What follows from the stages, and how sure that is.
//!
//! The verdict:
//! - any finding of severity error, or no manifest: the tool does not pass;
//! - else any warning, or a capability that a person should look at (writing to folders, the
//!   network, the real clock, real randomness): a person decides;
//! - else it passes.
//!
//! The confidence in a tool that does not fail begins at 0.5. Each test that passed adds 0.04
//! (0.2 at most), each example that held 0.05 (0.15 at most), a promised property that held
//! 0.05, documentation 0.05, and fuzzing that found no error 0.1 from 10 000 runs on, below that
//! in proportion; each warning takes 0.1. That a tool was not fuzzed keeps it at 0.9 or less. A failed verdict stands on what was seen to go wrong: 0.95, and 1 when more than
//! one thing did. The score is between 0 and 1, and never rises with a warning more.

use crate::{
    Confidence, ConfidenceFactor, Finding, Manifest, ProposedTool, Severity, StageKind,
    StageReport, StageStatus, Verdict,
};

pub(crate) fn verdict(stages: &[StageReport], manifest: Option<&Manifest>) -> Verdict {
    let has = |severity| findings(stages).any(|finding| finding.severity == severity);
    let asks = manifest.is_some_and(|manifest| {
        manifest
            .capabilities
            .iter()
            .any(crate::CapabilityRequest::needs_a_person)
    });
    if has(Severity::Error) || manifest.is_none() {
        Verdict::Failed
    } else if has(Severity::Warning) || asks {
        Verdict::HumanReviewRequired
    } else {
        Verdict::Passed
    }
}

fn findings(stages: &[StageReport]) -> impl Iterator<Item = &Finding> {
    stages.iter().flat_map(|stage| &stage.findings)
}

pub(crate) fn confidence(
    verdict: Verdict,
    stages: &[StageReport],
    manifest: Option<&Manifest>,
    proposal: &ProposedTool,
) -> Confidence {
    let mut factors = Vec::new();
    let mut add = |what: String, change: f64| {
        if change != 0.0 {
            factors.push(ConfidenceFactor { what, change });
        }
    };
    if verdict == Verdict::Failed {
        let errors = count(stages, Severity::Error);
        add("it was seen to go wrong".to_owned(), 0.95);
        add(
            format!("{errors} things are wrong"),
            if errors > 1.0 { 0.05 } else { 0.0 },
        );
    } else {
        add(
            "it was built, inspected and run in the sandbox".to_owned(),
            0.5,
        );
        let passed = figure(stages, StageKind::Test, "passed_count");
        add(
            counted(passed, "test passed", "tests passed"),
            (passed * 0.04).min(0.2),
        );
        let examples = figure(stages, StageKind::Examples, "held_count");
        add(
            counted(examples, "example holds", "examples hold"),
            (examples * 0.05).min(0.15),
        );
        let promised = manifest
            .map(|manifest| manifest.properties)
            .unwrap_or_default();
        if examples > 0.0 && (promised.deterministic || promised.idempotent) {
            add("what it promises held for the examples".to_owned(), 0.05);
        }
        if !proposal.documentation.trim().is_empty() {
            add("it is documented".to_owned(), 0.05);
        }
        let fuzzed = stages
            .iter()
            .any(|stage| stage.stage == StageKind::Fuzz && stage.status == StageStatus::Passed);
        if fuzzed {
            let runs = figure(stages, StageKind::Fuzz, "runs_count");
            add(
                format!("{runs} runs of the fuzzer found no error"),
                ((runs / 10_000.0).min(1.0) * 10.0).floor() / 100.0,
            );
        }
        let warnings = count(stages, Severity::Warning);
        add(counted(warnings, "warning", "warnings"), -0.1 * warnings);
        let sum: f64 = factors.iter().map(|factor| factor.change).sum();
        if !fuzzed && sum > 0.9 {
            factors.push(ConfidenceFactor {
                what: "it was not fuzzed".to_owned(),
                change: 0.9 - sum,
            });
        }
    }
    let score: f64 = factors.iter().map(|factor| factor.change).sum();
    Confidence {
        score: (score.clamp(0.0, 1.0) * 100.0).round() / 100.0,
        factors,
    }
}

#[allow(clippy::cast_precision_loss, reason = "far fewer than 2^52")]
fn count(stages: &[StageReport], severity: Severity) -> f64 {
    let of_it = findings(stages).filter(|finding| finding.severity == severity);
    of_it.count() as f64
}

fn counted(number: f64, one: &str, more: &str) -> String {
    format!(
        "{number} {}",
        if (number - 1.0).abs() < 0.5 {
            one
        } else {
            more
        }
    )
}

fn figure(stages: &[StageReport], kind: StageKind, name: &str) -> f64 {
    stages
        .iter()
        .find(|stage| stage.stage == kind)
        .and_then(|stage| stage.metrics.get(name))
        .copied()
        .unwrap_or(0.0)
}

#[cfg(test)]
mod tests;

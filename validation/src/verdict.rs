//! What follows from the stages.
//!
//! - any finding of severity error, or no manifest: the tool does not pass;
//! - else any warning, or a capability that a person should look at (writing to folders, the
//!   network, the real clock, real randomness): a person decides;
//! - else it passes.
//!
//! The operator's thresholds for the [confidence](crate::confidence) can make that stricter,
//! never laxer.

use crate::{
    CapabilityRequest, Confidence, Finding, Manifest, Severity, StageReport, StageStatus,
    Thresholds, Verdict,
};
use std::collections::BTreeSet;

/// The verdict, and why, a sentence each.
pub(crate) fn verdict(
    stages: &[StageReport],
    manifest: Option<&Manifest>,
    confidence: &Confidence,
    thresholds: &Thresholds,
) -> (Verdict, Vec<String>) {
    let mut reasons = Vec::new();
    if let Some(errors) = named(stages, Severity::Error) {
        reasons.push(format!("what keeps it from passing: {errors}"));
    }
    if manifest.is_none() {
        reasons.push("what it says of itself, its manifest, is not known".to_owned());
    }
    if confidence.score < thresholds.fail() {
        reasons.push(format!(
            "its confidence, {:.2}, is below {:.2}, under which the operator lets tools fail",
            confidence.score,
            thresholds.fail()
        ));
    }
    if !reasons.is_empty() {
        return (Verdict::Failed, reasons);
    }
    if let Some(warnings) = named(stages, Severity::Warning) {
        reasons.push(format!("what a person should look at: {warnings}"));
    }
    let asked = manifest.iter().flat_map(|manifest| &manifest.capabilities);
    let asked: Vec<String> = asked
        .filter(|request| request.needs_a_person())
        .map(CapabilityRequest::what)
        .collect();
    if !asked.is_empty() {
        reasons.push(format!("it asks for {}", asked.join(", ")));
    }
    if confidence.score < thresholds.pass() {
        reasons.push(format!(
            "its confidence, {:.2}, is below {:.2}, which the operator wants of tools that pass",
            confidence.score,
            thresholds.pass()
        ));
    }
    if !reasons.is_empty() {
        return (Verdict::HumanReviewRequired, reasons);
    }
    let passed = stages
        .iter()
        .filter(|stage| stage.status == StageStatus::Passed);
    let passed: Vec<&str> = passed.map(|stage| stage.stage.as_str()).collect();
    let reason = format!(
        "nothing was found wrong by the stages {}",
        passed.join(", ")
    );
    (Verdict::Passed, vec![reason])
}

fn findings(stages: &[StageReport]) -> impl Iterator<Item = &Finding> {
    stages.iter().flat_map(|stage| &stage.findings)
}

/// How many findings of a severity there are, and by which rules; none if there are none.
fn named(stages: &[StageReport], severity: Severity) -> Option<String> {
    const MOST: usize = 5;
    let of_it = || findings(stages).filter(|finding| finding.severity == severity);
    let rules: BTreeSet<&str> = of_it().map(|finding| finding.rule.as_str()).collect();
    let word = if severity == Severity::Error {
        "error"
    } else {
        "warning"
    };
    let count = match of_it().count() {
        0 => return None,
        1 => format!("1 {word}"),
        more => format!("{more} {word}s"),
    };
    let shown: Vec<&str> = rules.iter().take(MOST).copied().collect();
    let more = if rules.len() > MOST { ", …" } else { "" };
    Some(format!("{count} ({}{more})", shown.join(", ")))
}

#[cfg(test)]
mod tests;

//! A report as plain text.

use crate::{Finding, Place, Severity, StageStatus, ValidationReport, Verdict};
use std::fmt::Write as _;

/// The report for people: verdict, stages, findings with what to do about each.
pub fn render_human(report: &ValidationReport) -> String {
    let mut text = String::new();
    let _ = writeln!(
        text,
        "{} {} ({}): {}",
        report.name,
        report.version,
        report.form.as_str(),
        report.verdict.as_str()
    );
    for stage in &report.stages {
        let name = stage.stage.as_str();
        let _ = match (stage.status, &stage.reason) {
            (StageStatus::Skipped, Some(reason)) => writeln!(text, "  {name:<9} skipped  {reason}"),
            (StageStatus::Passed, _) => writeln!(
                text,
                "  {name:<9} passed   {:.1} s",
                seconds(stage.duration_millis)
            ),
            _ => writeln!(
                text,
                "  {name:<9} failed   {:.1} s",
                seconds(stage.duration_millis)
            ),
        };
    }
    for finding in report.findings() {
        let _ = write!(text, "\n{}", render_finding(finding));
    }
    if let Some(changes) = &report.changes {
        text.push('\n');
        for (index, line) in changes.lines().iter().enumerate() {
            let indent = if index == 0 { "" } else { "  " };
            let _ = writeln!(text, "{indent}{line}");
        }
    }
    let _ = writeln!(text, "\nconfidence {:.2}", report.confidence.score);
    for factor in &report.confidence.factors {
        let _ = writeln!(text, "  {:+.2} {}", factor.change, factor.what);
    }
    text
}

#[allow(clippy::cast_precision_loss, reason = "figures for people")]
fn seconds(millis: u64) -> f64 {
    millis as f64 / 1000.0
}

fn render_finding(finding: &Finding) -> String {
    let severity = match finding.severity {
        Severity::Note => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    };
    let mut text = format!("{severity} {}", finding.rule);
    if let Some(place) = &finding.place {
        let _ = write!(text, " at {}", place.text());
    }
    text.push('\n');
    for line in finding.message.lines() {
        let _ = writeln!(text, "  {line}");
    }
    let _ = writeln!(text, "  remedy: {}", finding.remedy);
    if let Some(again) = &finding.reproducer {
        let _ = writeln!(
            text,
            "  again: arguments {:?}, input {:?}",
            again.args, again.input
        );
    }
    text
}

impl Place {
    /// For people, such as `src/main.rs:3:9`.
    pub fn text(&self) -> String {
        match self {
            Self::File { path, line, column } => {
                let mut text = path.clone();
                for number in [line, column].into_iter().flatten() {
                    let _ = write!(text, ":{number}");
                }
                text
            }
            Self::Test { name } => format!("test {name}"),
            Self::Example { index } => format!("example {index}"),
            Self::Module { item } => format!("the module's {item}"),
            Self::Manifest { pointer } => format!("the manifest's {pointer}"),
        }
    }
}

impl Verdict {
    /// As in JSON: `passed`, `failed` or `human_review_required`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::HumanReviewRequired => "human_review_required",
        }
    }
}

impl crate::StageKind {
    /// As in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Build => "build",
            Self::Inspect => "inspect",
            Self::Manifest => "manifest",
            Self::Test => "test",
            Self::Examples => "examples",
            Self::Fuzz => "fuzz",
            Self::Bench => "bench",
        }
    }
}

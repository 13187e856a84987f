//! The report as it grows, stage by stage, and who hears of it.

use crate::stages::Found;
use crate::{Progress, StageKind, StageReport, StageStatus};
use std::collections::BTreeMap;
use std::time::Instant;
use tracing::Span;
use tracing::field::Empty;

/// The stages so far.
pub(crate) struct Journal<'a> {
    pub(crate) stages: Vec<StageReport>,
    progress: &'a (dyn Fn(Progress) + Send + Sync),
}

/// A stage that has begun.
pub(crate) struct Begun<'a> {
    stage: StageKind,
    at: Instant,
    /// What is done within the stage belongs to it. It ends when this is dropped.
    pub(crate) span: Span,
    /// Tells people what is being done.
    pub(crate) step: Box<dyn Fn(String) + Send + Sync + 'a>,
}

impl Begun<'_> {
    /// Notes on the span how the stage ended.
    pub(crate) fn note(&self, status: StageStatus, findings: usize) {
        let status = match status {
            StageStatus::Passed => "passed",
            StageStatus::Failed => "failed",
            StageStatus::Skipped => "skipped",
        };
        self.span.record("status", status);
        self.span.record("findings", findings);
    }
}

impl<'a> Journal<'a> {
    pub(crate) fn new(progress: &'a (dyn Fn(Progress) + Send + Sync)) -> Self {
        Self {
            stages: Vec::new(),
            progress,
        }
    }

    pub(crate) fn begin(&mut self, stage: StageKind) -> Begun<'a> {
        let progress = self.progress;
        progress(Progress::StageStarted { stage });
        Begun {
            stage,
            at: Instant::now(),
            span: tracing::info_span!(
                "stage",
                otel.name = stage.as_str(),
                stage = stage.as_str(),
                status = Empty,
                findings = Empty
            ),
            step: Box::new(move |message| progress(Progress::Step { stage, message })),
        }
    }

    #[allow(
        clippy::needless_pass_by_value,
        reason = "a stage that has ended can't go on"
    )]
    pub(crate) fn end(&mut self, begun: Begun<'_>, found: Found) {
        let status = if found.failed() {
            StageStatus::Failed
        } else {
            StageStatus::Passed
        };
        begun.note(status, found.findings.len());
        self.push(StageReport {
            stage: begun.stage,
            status,
            reason: None,
            duration_millis: u64::try_from(begun.at.elapsed().as_millis()).unwrap_or(u64::MAX),
            metrics: found.metrics,
            findings: found.findings,
            cases: found.cases,
        });
    }

    pub(crate) fn skip(&mut self, stage: StageKind, reason: &str) {
        self.push(StageReport {
            stage,
            status: StageStatus::Skipped,
            reason: Some(reason.to_owned()),
            duration_millis: 0,
            metrics: BTreeMap::new(),
            findings: Vec::new(),
            cases: Vec::new(),
        });
    }

    pub(crate) fn push(&mut self, report: StageReport) {
        tracing::debug!(
            stage = report.stage.as_str(),
            status = ?report.status,
            findings = report.findings.len(),
            "stage ended"
        );
        (self.progress)(Progress::StageFinished {
            report: report.clone(),
        });
        self.stages.push(report);
    }
}

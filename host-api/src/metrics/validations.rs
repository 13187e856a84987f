//! Validations, their stages and those who wrote what is validated.

use super::bounded::Bounded;
use super::registry::{Counter, Counters, Gauge, Histograms, Registering};
use super::table;
use kbi::Decision;
use std::borrow::Cow;
use std::time::Duration;
use validation::{Generator, StageKind, StageReport, StageStatus, ValidationReport, Verdict};

/// Generators that have figures of their own.
const MOST_GENERATORS: usize = 50;

const VERDICTS: [Verdict; 3] = [
    Verdict::Passed,
    Verdict::Failed,
    Verdict::HumanReviewRequired,
];

/// Validations.
pub(crate) struct ValidationMetrics {
    pub(crate) accepted: Counter,
    pub(crate) known: Counter,
    pub(crate) busy: Counter,
    pub(crate) interrupted: Counter,
    in_progress: Gauge,
    ended: Counters<1>,
    seconds: Histograms<1>,
    stages: Histograms<2>,
    builds: Counters<2>,
    verdicts: Counters<2>,
    generators: Bounded,
    decisions: Counters<1>,
}

impl ValidationMetrics {
    pub(super) fn new(registering: &mut Registering) -> Self {
        let proposals = registering.counters(&table::PROPOSALS);
        let metrics = Self {
            accepted: proposals.of(["accepted"]),
            known: proposals.of(["known"]),
            busy: proposals.of(["busy"]),
            interrupted: registering.counter(&table::VALIDATIONS_INTERRUPTED),
            in_progress: registering.gauge(&table::VALIDATING),
            ended: registering.counters(&table::VALIDATIONS_ENDED),
            seconds: registering.histograms(&table::VALIDATION_SECONDS),
            stages: registering.histograms(&table::STAGE_SECONDS),
            builds: registering.counters(&table::GENERATOR_BUILDS),
            verdicts: registering.counters(&table::GENERATOR_VALIDATIONS),
            generators: Bounded::new(MOST_GENERATORS),
            decisions: registering.counters(&table::DECISIONS),
        };
        // Rates need to have seen the zero.
        for verdict in VERDICTS {
            metrics.ended.of([verdict_name(verdict)]);
        }
        for decision in [Decision::Approve, Decision::Reject] {
            metrics.decisions.of([decision_name(decision)]);
        }
        metrics
    }

    /// A validation that goes on, until this is dropped.
    pub(crate) fn begin(&self) -> InProgress {
        self.in_progress.inc();
        InProgress(self.in_progress.clone())
    }

    /// A stage that ended.
    #[allow(clippy::cast_precision_loss, reason = "milliseconds of a stage")]
    pub(crate) fn stage(&self, report: &StageReport) {
        let status = match report.status {
            StageStatus::Passed => "passed",
            StageStatus::Failed => "failed",
            StageStatus::Skipped => return,
        };
        self.stages
            .of([report.stage.as_str(), status])
            .observe(report.duration_millis as f64 / 1e3);
    }

    /// A validation that came to its verdict.
    pub(crate) fn ended(
        &self,
        report: &ValidationReport,
        generator: Option<&Generator>,
        time: Duration,
    ) {
        let verdict = verdict_name(report.verdict);
        self.ended.of([verdict]).inc();
        self.seconds.of([verdict]).observe(time.as_secs_f64());
        let generator = match generator {
            Some(it) => self
                .generators
                .admit(&format!("{}@{}", it.model, it.prompt_version)),
            None => Cow::Borrowed("unknown"),
        };
        let known = |verdict| {
            self.verdicts
                .of([generator.clone(), Cow::Borrowed(verdict)])
        };
        for verdict in VERDICTS {
            known(verdict_name(verdict));
        }
        known(verdict).inc();
        let mut stages = report.stages.iter();
        let built = match stages.find(|it| it.stage == StageKind::Build) {
            Some(build) if build.status == StageStatus::Passed => "succeeded",
            Some(_) => "failed",
            None => return,
        };
        for result in ["succeeded", "failed"] {
            let counter = self.builds.of([generator.clone(), Cow::Borrowed(result)]);
            if result == built {
                counter.inc();
            }
        }
    }

    /// Somebody decided.
    pub(crate) fn decided(&self, decision: Decision) {
        self.decisions.of([decision_name(decision)]).inc();
    }
}

/// A validation that goes on.
pub(crate) struct InProgress(Gauge);

impl Drop for InProgress {
    fn drop(&mut self) {
        self.0.dec();
    }
}

fn verdict_name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Passed => "passed",
        Verdict::Failed => "failed",
        Verdict::HumanReviewRequired => "human_review_required",
    }
}

fn decision_name(decision: Decision) -> &'static str {
    match decision {
        Decision::Approve => "approve",
        Decision::Reject => "reject",
    }
}

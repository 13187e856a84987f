//! How much speaks for a tool: one rule, and each of its parts in the report.
//!
//! The score is the sum of what each input contributes, kept between 0 and 1. The weights are
//! below, as constants with what they are for; `docs/reports.md` has them as a table.
//!
//! The rule is monotone: better evidence never lowers the score. More passing tests, a higher
//! coverage, longer fuzzing, fewer warnings, fewer capabilities: each leaves it where it is or
//! raises it. An input that is not there counts as the worst that it could have been, and the
//! report says that it was not examined: nothing is gained by leaving something out.

mod thresholds;

pub use thresholds::{Thresholds, ThresholdsError};

use crate::{
    CapabilityRequest, Confidence, ConfidenceFactor, Manifest, ProposedTool, Severity, StageKind,
    StageReport, StageStatus,
};
use policies::Access;

/// Stages that passed in the sandbox, each.
const BUILT: f64 = 0.10;
const INSPECTED: f64 = 0.05;
const DECLARED: f64 = 0.15;
/// A test that passed, and how many count.
const TEST: f64 = 0.04;
const TESTS: f64 = 5.0;
/// An example that held, and how many count.
const EXAMPLE: f64 = 0.05;
const EXAMPLES: f64 = 3.0;
/// A promised property that held for the examples.
const PROPERTIES: f64 = 0.05;
const DOCUMENTATION: f64 = 0.05;
/// From the worst (or not examined) to the best.
const COVERAGE: Span = Span(-0.04, 0.07);
const MUTATION: Span = Span(-0.04, 0.08);
const FUZZING: Span = Span(-0.06, 0.08);
/// Small, for who made a proposal is what the proposal says: until there is authentication nobody
/// vouches for it, and whoever takes a good name gains no more than this.
const TRACK_RECORD: Span = Span(-0.02, 0.02);
/// So many executions by powers of ten are all that counts: a million.
const FUZZING_DECADES: f64 = 6.0;
/// Each warning, and the most that all together take.
const WARNING: f64 = -0.10;
const WARNINGS: f64 = -0.50;
/// Each error, and the most that all together take.
const ERROR: f64 = -0.50;
const ERRORS: f64 = -1.0;
/// What may do harm, each time it is asked for; and what may not.
const RISKY: f64 = -0.05;
const REAL: f64 = -0.03;
const HARMLESS: f64 = -0.01;
/// The most that all capabilities together take.
const CAPABILITIES: f64 = -0.20;

/// What an input contributes between its worst and its best.
struct Span(f64, f64);

impl Span {
    /// At a place between 0 and 1.
    fn at(&self, place: f64) -> f64 {
        self.0 + (self.1 - self.0) * unit(place)
    }
}

/// Kept between 0 and 1; what is no number is nothing.
fn unit(place: f64) -> f64 {
    if place.is_nan() {
        0.0
    } else {
        place.clamp(0.0, 1.0)
    }
}

/// What became of the earlier tools of whoever made a proposal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TrackRecord {
    /// Versions that passed.
    pub passed: u32,
    /// Versions that failed, were rejected or withdrawn.
    pub failed: u32,
}

impl TrackRecord {
    /// The share that passed, as if one more had passed and one more had failed: few say little.
    fn share(self) -> f64 {
        (f64::from(self.passed) + 1.0) / (f64::from(self.passed) + f64::from(self.failed) + 2.0)
    }
}

/// All that the rule looks at.
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is an input of its own, and none is a state of another"
)]
pub(crate) struct Evidence {
    pub(crate) built: bool,
    pub(crate) inspected: bool,
    pub(crate) declared: bool,
    pub(crate) tests_passed: f64,
    pub(crate) examples_held: f64,
    pub(crate) promises_hold: bool,
    pub(crate) is_documented: bool,
    /// 0 to 1: of the tool's edges or lines, by its own tests and examples.
    pub(crate) coverage: Option<f64>,
    /// 0 to 1: of small changes of the module, those that a test notices.
    pub(crate) mutation: Option<f64>,
    /// How often the tool was run with made-up inputs.
    pub(crate) fuzz_executions: Option<f64>,
    pub(crate) track_record: Option<TrackRecord>,
    pub(crate) capabilities: Vec<CapabilityRequest>,
    pub(crate) warnings: usize,
    pub(crate) errors: usize,
}

impl Evidence {
    /// From what the stages say. Their figures are named in `docs/reports.md`.
    pub(crate) fn gather(
        stages: &[StageReport],
        manifest: Option<&Manifest>,
        proposal: &ProposedTool,
        track_record: Option<TrackRecord>,
    ) -> Self {
        let stage = |kind| stages.iter().find(|stage| stage.stage == kind);
        let passed = |kind| stage(kind).is_some_and(|stage| stage.status == StageStatus::Passed);
        let figure = |kind, name: &str| stage(kind)?.metrics.get(name).copied();
        let of = |severity| {
            let findings = stages.iter().flat_map(|stage| &stage.findings);
            findings
                .filter(|finding| finding.severity == severity)
                .count()
        };
        let examples_held = figure(StageKind::Examples, "held_count").unwrap_or(0.0);
        let promised = manifest
            .map(|manifest| manifest.properties)
            .unwrap_or_default();
        Self {
            built: passed(StageKind::Build),
            inspected: passed(StageKind::Inspect),
            declared: manifest.is_some() && passed(StageKind::Manifest),
            tests_passed: figure(StageKind::Test, "passed_count").unwrap_or(0.0),
            examples_held,
            promises_hold: examples_held > 0.0 && (promised.deterministic || promised.idempotent),
            is_documented: !proposal.documentation.trim().is_empty(),
            coverage: figure(StageKind::Test, "coverage_ratio"),
            mutation: figure(StageKind::Test, "mutation_score_ratio"),
            fuzz_executions: stage(StageKind::Fuzz)
                .filter(|stage| stage.status != StageStatus::Skipped)
                .and_then(|stage| stage.metrics.get("runs_count").copied()),
            track_record,
            capabilities: manifest.map_or(Vec::new(), |it| it.capabilities.clone()),
            warnings: of(Severity::Warning),
            errors: of(Severity::Error),
        }
    }

    /// The score, and what it is the sum of.
    pub(crate) fn confidence(&self) -> Confidence {
        let mut factors = Factors::default();
        for (holds, what, change) in [
            (self.built, "it was built from its sources", BUILT),
            (self.inspected, "its module was inspected", INSPECTED),
            (self.declared, "its manifest is sound", DECLARED),
        ] {
            factors.add("stages", what, if holds { change } else { 0.0 });
        }
        factors.add(
            "tests",
            counted(self.tests_passed, "test passed", "tests passed"),
            unit(self.tests_passed / TESTS) * TESTS * TEST,
        );
        factors.add(
            "examples",
            counted(self.examples_held, "example holds", "examples hold"),
            unit(self.examples_held / EXAMPLES) * EXAMPLES * EXAMPLE,
        );
        if self.promises_hold {
            let what = "what it promises held for the examples";
            factors.add("properties", what, PROPERTIES);
        }
        if self.is_documented {
            factors.add("documentation", "it is documented", DOCUMENTATION);
        }
        factors.measured(
            "coverage",
            self.coverage
                .map(|it| (format!("its tests and examples reach {}", percent(it)), it)),
            &COVERAGE,
            "how much of it its tests and examples reach",
        );
        factors.measured(
            "mutation",
            self.mutation.map(|it| {
                (
                    format!("its tests notice {} of small changes", percent(it)),
                    it,
                )
            }),
            &MUTATION,
            "whether its tests notice small changes",
        );
        let effort = self
            .fuzz_executions
            .filter(|runs| *runs >= 1.0)
            .map(|runs| {
                let what = counted(runs.round(), "made-up input tried", "made-up inputs tried");
                (what, (runs + 1.0).log10() / FUZZING_DECADES)
            });
        factors.measured(
            "fuzzing",
            effort,
            &FUZZING,
            "what it does with made-up inputs",
        );
        factors.measured(
            "track_record",
            self.track_record.map(|record| {
                let (passed, all) = (
                    record.passed,
                    u64::from(record.passed) + u64::from(record.failed),
                );
                (
                    format!("{passed} of {all} earlier tools of its maker passed; that it is its maker, nobody vouches for, so it weighs little"),
                    record.share(),
                )
            }),
            &TRACK_RECORD,
            "how its maker's earlier tools did",
        );
        self.add_capabilities(&mut factors);
        factors.capped("warnings", self.warnings, "warning", WARNING, WARNINGS);
        factors.capped("errors", self.errors, "error", ERROR, ERRORS);
        factors.confidence()
    }

    fn add_capabilities(&self, factors: &mut Factors) {
        // The sum is capped, and each stands in the report with what it really took.
        let mut left = CAPABILITIES;
        for request in &self.capabilities {
            let change = weight(request).max(left);
            left = rounded(left - change).min(0.0);
            factors.add(
                "capabilities",
                format!("it asks for {}", request.what()),
                change,
            );
        }
    }
}

fn weight(request: &CapabilityRequest) -> f64 {
    match request {
        CapabilityRequest::Directory {
            access: Access::ReadWrite,
            ..
        }
        | CapabilityRequest::Network { .. } => RISKY,
        CapabilityRequest::RealClock { .. } | CapabilityRequest::RealRandom { .. } => REAL,
        CapabilityRequest::Directory { .. } | CapabilityRequest::Environment { .. } => HARMLESS,
    }
}

/// To the hundredths in which people read it.
fn rounded(figure: f64) -> f64 {
    (figure * 100.0).round() / 100.0
}

fn percent(share: f64) -> String {
    format!("{:.0} %", unit(share) * 100.0)
}

fn counted(number: f64, one: &str, more: &str) -> String {
    let words = if (number - 1.0).abs() < 0.5 {
        one
    } else {
        more
    };
    format!("{number} {words}")
}

#[derive(Default)]
struct Factors(Vec<ConfidenceFactor>);

impl Factors {
    fn add(&mut self, input: &str, what: impl Into<String>, change: f64) {
        let change = rounded(change);
        if change != 0.0 {
            self.0.push(ConfidenceFactor {
                what: what.into(),
                change,
                input: input.to_owned(),
                not_examined: false,
            });
        }
    }

    /// What was measured, in words and between 0 and 1; else that it was not, and what it is.
    fn measured(&mut self, input: &str, seen: Option<(String, f64)>, span: &Span, asked: &str) {
        match seen {
            Some((what, place)) => self.add(input, what, span.at(place)),
            None => self.0.push(ConfidenceFactor {
                what: format!("not examined: {asked}"),
                change: span.0,
                input: input.to_owned(),
                not_examined: true,
            }),
        }
    }

    #[allow(clippy::cast_precision_loss, reason = "far fewer than 2^52")]
    fn capped(&mut self, input: &str, count: usize, one: &str, each: f64, most: f64) {
        let count = count as f64;
        let what = counted(count, one, &format!("{one}s"));
        self.add(input, what, (count * each).max(most));
    }

    fn confidence(self) -> Confidence {
        let sum: f64 = self.0.iter().map(|factor| factor.change).sum();
        Confidence {
            score: rounded(sum.clamp(0.0, 1.0)),
            factors: self.0,
        }
    }
}

#[cfg(test)]
mod tests;

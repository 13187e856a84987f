//! What validation found.

use crate::{Changes, Form};
use policies::Policy;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What validation found, stage by stage, and what follows from it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct ValidationReport {
    /// Version of this form: 1.
    pub format: u32,
    /// Tool name.
    pub name: String,
    /// Tool version: a semantic version.
    #[schemars(with = "String")]
    pub version: semver::Version,
    /// SHA-256 of the proposal's content, in hex.
    pub proposal_digest: String,
    /// SHA-256 of the module or component, in hex, when it was built.
    pub artifact_digest: Option<String>,
    /// What it was compiled to; reports made before there was a choice are of commands.
    #[serde(default)]
    pub form: Form,
    /// What built and ran it.
    pub toolchain: ToolchainVersions,
    /// Under which policy its tests and examples ran, and who set it.
    pub policy: EffectivePolicy,
    /// The stages in their order; one that did not run says why.
    pub stages: Vec<StageReport>,
    /// What follows.
    pub verdict: Verdict,
    /// Why that follows, a sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
    /// How much speaks for the tool, and what.
    pub confidence: Confidence,
    /// When the validation began: RFC 3339, in UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub started_at: Option<jiff::Timestamp>,
    /// What changed since the version before, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changes: Option<Changes>,
    /// The proposal's files, as they were proposed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<SourceReport>,
    /// The lines of those files that findings are about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excerpts: Vec<Excerpt>,
}

impl ValidationReport {
    /// All findings of all stages, in order.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.stages.iter().flat_map(|stage| &stage.findings)
    }

    /// The lines of the sources that a finding is about.
    pub fn excerpt(&self, finding: &Finding) -> Option<&Excerpt> {
        let place = finding.place.as_ref()?;
        self.excerpts.iter().find(|excerpt| excerpt.of == *place)
    }
}

/// One file of a proposal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SourceReport {
    /// Path in the proposal.
    pub path: String,
    /// Its length.
    pub bytes: u64,
    /// SHA-256 of its content, in hex.
    pub sha256: String,
    /// Which of its lines its own tests and examples reach, where that was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coverage: Option<LineCoverage>,
}

/// Which lines of a file were reached, of those that hold code.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LineCoverage {
    /// How many lines the file has.
    pub lines: u32,
    /// Lines that were reached, from 1, in order.
    pub covered: Vec<u32>,
    /// Lines that hold code and were not reached, from 1, in order.
    pub missed: Vec<u32>,
}

/// A few lines of a file of the proposal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Excerpt {
    /// The place of the findings that it belongs to.
    pub of: Place,
    /// Path in the proposal.
    pub path: String,
    /// Number of its first line, from 1.
    pub first_line: u32,
    /// The line that is meant, from 1.
    pub marked_line: u32,
    /// The lines; long ones are cut.
    pub lines: Vec<String>,
}

/// Under which policy a proposal's code ran.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EffectivePolicy {
    /// The operator's ceiling ∩ what the manifest asks for.
    pub policy: Policy,
    /// The policy in words, a line each.
    pub explained: Vec<String>,
}

/// What built and ran a tool.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ToolchainVersions {
    /// Version of wasm-runner.
    pub wasm_runner: String,
    /// `rustc --version`.
    pub rustc: String,
    /// `cargo --version`.
    pub cargo: String,
    /// Compilation target.
    pub target: String,
    /// Version of wasmtime.
    pub wasmtime: String,
}

/// The stages in their order.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum StageKind {
    /// Sources to module.
    Build,
    /// The module's imports, exports, sizes.
    Inspect,
    /// The contract: schemas and examples.
    Manifest,
    /// The author's tests.
    Test,
    /// The manifest's examples and promised properties.
    Examples,
    /// Random inputs.
    Fuzz,
    /// Speed and size.
    Bench,
}

/// How a stage ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StageStatus {
    /// Nothing wrong.
    Passed,
    /// At least one finding of severity error.
    Failed,
    /// Did not run; `reason` says why.
    Skipped,
}

/// One stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StageReport {
    /// Which.
    pub stage: StageKind,
    /// How it ended.
    pub status: StageStatus,
    /// Why it was skipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How long it took.
    pub duration_millis: u64,
    /// Named figures; the unit is the name's last part (`module_bytes`, `tests_count`).
    pub metrics: BTreeMap<String, f64>,
    /// What is wrong or worth knowing.
    pub findings: Vec<Finding>,
    /// What it ran one by one, such as tests.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cases: Vec<CaseReport>,
}

/// A test or an example.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CaseReport {
    /// The test's name, or the example's; long ones are cut.
    pub name: String,
    /// Where findings about it are.
    pub place: Place,
    /// How it ended.
    pub status: CaseStatus,
    /// What its run used, if it ran.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<CaseUsage>,
}

/// How a test or an example ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CaseStatus {
    /// As it should.
    Passed,
    /// Otherwise.
    Failed,
    /// It was not run.
    Ignored,
}

/// What a run used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CaseUsage {
    /// WebAssembly work.
    pub fuel: u64,
    /// Linear memory at its most.
    pub peak_memory_bytes: u64,
    /// From start to end.
    pub wall_micros: u64,
}

/// How much a finding weighs.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// A person should look.
    Warning,
    /// The tool does not pass.
    Error,
}

/// One thing found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// Stable id such as `build/dependency-not-allowed`.
    pub rule: String,
    /// How much it weighs.
    pub severity: Severity,
    /// What is wrong, in one or more sentences.
    pub message: String,
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// How to see it again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reproducer: Option<Reproducer>,
    /// What to do about it, written so that the agent can act on it.
    pub remedy: String,
    /// Where the module was when it ended, innermost first, if that is known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub backtrace: Vec<StackFrame>,
}

/// One function of a backtrace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StackFrame {
    /// Its name.
    pub function: String,
    /// Where in the proposal's files, if it is in one of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

/// Where a finding is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Place {
    /// In a file of the proposal.
    File {
        /// Path in the proposal.
        path: String,
        /// Line from 1, if known.
        line: Option<u32>,
        /// Column from 1, if known.
        column: Option<u32>,
    },
    /// In a test.
    Test {
        /// The test's name.
        name: String,
    },
    /// In an example of the manifest, from 0.
    Example {
        /// Its index.
        index: u32,
    },
    /// In the module: an import, export or section.
    Module {
        /// Its name.
        item: String,
    },
    /// In the manifest: a JSON pointer.
    Manifest {
        /// The pointer.
        pointer: String,
    },
}

/// How to see a finding again.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Reproducer {
    /// Arguments given to the module.
    pub args: Vec<String>,
    /// Standard input.
    pub input: String,
    /// Seed of randomness.
    pub seed: Option<u64>,
    /// Fuel limit.
    pub fuel: Option<u64>,
}

/// What follows from a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// May become active.
    Passed,
    /// May not; its findings say what to mend.
    Failed,
    /// A person decides.
    HumanReviewRequired,
}

/// How much speaks for the tool: 0 (nothing, or it was seen to go wrong) to 1. By which rule, is
/// in the documentation (`docs/reports.md`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Confidence {
    /// 0 to 1.
    pub score: f64,
    /// What raised and lowered it, in order.
    pub factors: Vec<ConfidenceFactor>,
}

/// One reason for more or less confidence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConfidenceFactor {
    /// What, in words.
    pub what: String,
    /// By how much, signed.
    pub change: f64,
    /// Which input of the rule: `stages`, `tests`, `examples`, `properties`, `documentation`,
    /// `coverage`, `mutation`, `fuzzing`, `track_record`, `capabilities`, `warnings`, `errors`.
    #[serde(default)]
    pub input: String,
    /// That input was not there: what it would show was not examined.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub not_examined: bool,
}

/// What a validation says while it goes on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Progress {
    /// A stage began.
    StageStarted {
        /// Which.
        stage: StageKind,
    },
    /// Something happened inside a stage, for people.
    Step {
        /// Which stage.
        stage: StageKind,
        /// What.
        message: String,
    },
    /// A stage ended.
    StageFinished {
        /// Its part of the report.
        report: StageReport,
    },
}

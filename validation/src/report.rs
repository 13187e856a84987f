//! What validation found.

use crate::Form;
use policies::Policy;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What validation found, stage by stage, and what follows from it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ValidationReport {
    /// Version of this form: 1.
    pub format: u32,
    /// Tool name.
    pub name: String,
    /// Tool version.
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
    /// How sure, and why.
    pub confidence: Confidence,
}

impl ValidationReport {
    /// All findings of all stages, in order.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.stages.iter().flat_map(|stage| &stage.findings)
    }
}

/// Under which policy a proposal's code ran.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EffectivePolicy {
    /// The operator's ceiling ∩ what the manifest asks for.
    pub policy: Policy,
    /// The policy in words, a line each.
    pub explained: Vec<String>,
}

/// What built and ran a tool.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
}

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
}

/// Where a finding is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// May become active.
    Passed,
    /// May not; its findings say what to mend.
    Failed,
    /// A person decides.
    HumanReviewRequired,
}

/// How sure the verdict is: 0 (nothing known) to 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Confidence {
    /// 0 to 1.
    pub score: f64,
    /// What raised and lowered it, in order.
    pub factors: Vec<ConfidenceFactor>,
}

/// One reason for more or less confidence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConfidenceFactor {
    /// What.
    pub what: String,
    /// By how much, signed.
    pub change: f64,
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

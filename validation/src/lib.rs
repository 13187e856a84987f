//! From a proposed tool to a verdict.

mod manifest;
mod proposal;
mod report;

pub use manifest::{CapabilityRequest, Example, Manifest, Properties};
pub use proposal::{Generator, Language, ProposedTool, SourceFile};
pub use report::{
    Confidence, ConfidenceFactor, EffectivePolicy, Finding, Place, Progress, Reproducer, Severity, StageKind,
    StageReport, StageStatus, ToolchainVersions, ValidationReport, Verdict,
};

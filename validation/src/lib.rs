//! From a proposed tool to a verdict.
//!
//! A [`Validator`] takes a [`ProposedTool`] through its stages: it is built from its sources,
//! its module is inspected, its manifest checked, its tests and examples run in the sandbox.
//! What is wrong with the tool is a [`Finding`] of the [`ValidationReport`]; an error of this
//! crate means that the machine could not do its part.

#![allow(
    clippy::result_large_err,
    reason = "a Finding as an error is made at most once in a stage: its size costs nothing"
)]
#![cfg_attr(
    test,
    allow(
        clippy::float_cmp,
        clippy::needless_pass_by_value,
        clippy::format_collect,
        reason = "figures in tests are counts; helpers of tests take what is made for them"
    )
)]

mod advisories;
mod analysis;
mod attest;
mod beneath;
mod builder;
mod call_budget;
mod changes;
mod confidence;
mod contract;
mod encoder;
mod error;
mod excerpts;
mod finding;
mod form;
mod forms;
mod inspect;
mod installation;
mod judge;
mod manifest;
mod mutation;
mod options;
mod own_folder;
mod previous;
mod proposal;
mod render;
mod report;
mod rust;
mod stages;
mod validator;
mod verdict;
mod worker;

pub use advisories::{Advisories, AdvisoriesError, Advisory};
pub use analysis::{Analysis, Secret, analyse, secrets};
pub use attest::{
    AttestationKey, AttestationPublicKey, AttestedResult, KeyError, MAX_BUNDLE_BYTES, Verified,
    VerifyError, verify_attestations,
};
pub use builder::{
    BUILD_TIME_LIMIT, BuildOptions, Built, Measured, TestProgram, build, build_with,
};
pub use call_budget::CallBudget;
pub use changes::{
    AddedAndRemoved, BehaviourChange, BehaviourKind, Changes, FigureChange, SourceChange,
    SourceChangeKind,
};
pub use confidence::{Thresholds, ThresholdsError, TrackRecord};
pub use contract::{Contract, ContractError, Mismatch};
pub use encoder::{ENCODE, run_encode};
pub use error::ValidationError;
pub use form::Form;
pub use forms::{
    Budget, MAX_REPORT_BYTES, ReadReportError, ReportForm, UnknownForm, report_schema,
};
pub use inspect::{InnerModule, InspectError, Inspection, inspect};
pub use installation::{Check, Installation, InstallationError, Toolchain};
pub use manifest::{CapabilityRequest, Example, Manifest, Properties};
pub use options::ValidatorOptions;
pub use previous::Previous;
pub use proposal::{FieldViolation, Generator, Language, ProposalError, ProposedTool, SourceFile};
pub use render::render_human;
pub use report::{
    CaseReport, CaseStatus, CaseUsage, Confidence, ConfidenceFactor, EffectivePolicy, Excerpt,
    Finding, LineCoverage, Place, Progress, Reproducer, Severity, SourceReport, StackFrame,
    StageKind, StageReport, StageStatus, ToolchainVersions, ValidationReport, Verdict,
};
pub use validator::{Trial, Trials, Validated, Validator};
#[doc(hidden)]
pub use worker::is_judges_line;
pub use worker::{JUDGE, run_judge};

//! From sources to modules, whatever the language.

use crate::{Finding, Installation, Language, Place, ProposedTool, ValidationError};
use isolation::Launcher;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// What a build gave.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Built {
    /// The tool: a WASI command module; none when a finding says why.
    pub module: Option<Vec<u8>>,
    /// The programs with the author's tests, each a libtest-like command module.
    pub tests: Vec<TestProgram>,
    /// What was found wrong or worth knowing.
    pub findings: Vec<Finding>,
    /// Figures for the report.
    pub metrics: BTreeMap<String, f64>,
}

/// A program that lists its tests with `--list --format terse` and runs one with `--exact NAME`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestProgram {
    /// Its name among the package's targets.
    pub name: String,
    /// The module.
    pub module: Vec<u8>,
}

/// How a build tells what it is about, and how it is called off.
pub(crate) struct BuildContext<'a> {
    pub(crate) installation: &'a Installation,
    /// Starts whatever reads the proposal.
    pub(crate) launcher: &'a dyn Launcher,
    pub(crate) step: &'a (dyn Fn(String) + Send + Sync),
    pub(crate) cancel: &'a CancellationToken,
    /// For each program that the build starts.
    pub(crate) time_limit: Duration,
}

/// How long each program that a build starts (the resolver, the compilation, that of the tests)
/// may take, where nothing else is said: 5 minutes.
pub const BUILD_TIME_LIMIT: Duration = Duration::from_mins(5);

/// Builds a proposal in its language, each program within [`BUILD_TIME_LIMIT`].
///
/// # Errors
/// As [`build_within`].
pub async fn build(
    installation: &Installation,
    launcher: &dyn Launcher,
    proposal: &ProposedTool,
    step: &(dyn Fn(String) + Send + Sync),
    cancel: &CancellationToken,
) -> Result<Built, ValidationError> {
    let limit = BUILD_TIME_LIMIT;
    build_within(limit, installation, launcher, proposal, step, cancel).await
}

/// Builds a proposal in its language; `step` hears what is being done, in words.
///
/// No code of the proposal's runs: what would run while it is built is refused before any
/// program sees it. Cargo and the compiler are started by `launcher`, with nothing of the machine
/// but the toolchain, the system's programs and the vendored crates. All files are made in a folder of the build's own, which is gone when this
/// returns or its future is dropped, and so are all processes that it started.
///
/// # Errors
/// When the machine could not do its part or the build was called off; what is wrong with the
/// proposal, and taking longer than `time_limit` too, is a finding.
pub async fn build_within(
    time_limit: Duration,
    installation: &Installation,
    launcher: &dyn Launcher,
    proposal: &ProposedTool,
    step: &(dyn Fn(String) + Send + Sync),
    cancel: &CancellationToken,
) -> Result<Built, ValidationError> {
    // Whoever calls: nothing is written to a disk under a name that was not looked at.
    if let Err(error) = proposal.check() {
        let findings = error.violations.into_iter().map(|violation| {
            Finding::error(
                "build/proposal-invalid",
                violation.message,
                "mend the field",
            )
            .at(Place::Manifest {
                pointer: violation.field,
            })
        });
        return Ok(Built {
            findings: findings.collect(),
            ..Built::default()
        });
    }
    let context = BuildContext {
        installation,
        launcher,
        step,
        cancel,
        time_limit,
    };
    match proposal.language {
        Language::Rust => crate::rust::build(&context, proposal).await,
    }
}

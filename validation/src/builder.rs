//! From sources to modules, whatever the language.

use crate::{Finding, Installation, Language, ProposedTool, ValidationError};
use std::collections::BTreeMap;
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
    pub(crate) step: &'a (dyn Fn(String) + Send + Sync),
    pub(crate) cancel: &'a CancellationToken,
}

/// Builds a proposal in its language.
///
/// # Errors
/// When the machine could not do its part or the build was called off; what is wrong with the
/// proposal is a finding.
pub async fn build(
    installation: &Installation,
    proposal: &ProposedTool,
    step: &(dyn Fn(String) + Send + Sync),
    cancel: &CancellationToken,
) -> Result<Built, ValidationError> {
    let context = BuildContext {
        installation,
        step,
        cancel,
    };
    match proposal.language {
        Language::Rust => crate::rust::build(&context, proposal).await,
    }
}

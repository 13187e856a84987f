//! From sources to modules, whatever the language.

use crate::{
    CallBudget, Finding, Form, Installation, Language, Place, ProposedTool, ValidationError,
    encoder,
};
use isolation::Launcher;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// What a build gave.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Built {
    /// The tool, in the form that `form` names; none when a finding says why.
    pub module: Option<Vec<u8>>,
    /// What the tool is compiled to, by its package or by who asked for the build.
    pub form: Form,
    /// The program that the package names as a second implementation of the same, a command
    /// whatever the tool's form is; none where it names none.
    pub reference: Option<Vec<u8>>,
    /// What the package promises that a call needs at most.
    pub budget: CallBudget,
    /// The programs with the author's tests, each a libtest-like command module.
    pub tests: Vec<TestProgram>,
    /// The same compiled to be looked into, where that was asked for and could be done.
    pub measured: Option<Measured>,
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

/// The tool and its tests, compiled without optimisation and with line tables: what the sources
/// say stands in them as it was written, so that it can be counted and changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Measured {
    /// The folder that the line tables' paths are relative to.
    pub root: String,
    /// The tool as a command, whatever form it is proposed in.
    pub module: Vec<u8>,
    /// The programs with its tests.
    pub tests: Vec<TestProgram>,
}

/// How a proposal is built; by default as validation does.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct BuildOptions {
    /// How long each program that the build starts may take: [`BUILD_TIME_LIMIT`] by default.
    pub time_limit: Duration,
    /// The tool's form whatever its package says; none, the default, leaves it to the package.
    pub form: Option<Form>,
    /// Whether it is compiled once more, to be looked into ([`Built::measured`]): not by default.
    pub measured: bool,
}

impl Default for BuildOptions {
    fn default() -> Self {
        Self {
            time_limit: BUILD_TIME_LIMIT,
            form: None,
            measured: false,
        }
    }
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
    /// Whether it is compiled to be looked into, too.
    pub(crate) measured: bool,
}

/// How long each program that a build starts (the resolver, the compilation, that of the tests)
/// may take, where nothing else is said: 5 minutes.
pub const BUILD_TIME_LIMIT: Duration = Duration::from_mins(5);

/// A module or component larger than this is not even read: 256 MiB.
pub(crate) const MODULE_LIMIT: u64 = 256 * 1024 * 1024;

/// Builds a proposal in its language, with the default options.
///
/// # Errors
/// As [`build_with`].
pub async fn build(
    installation: &Installation,
    launcher: &dyn Launcher,
    proposal: &ProposedTool,
    step: &(dyn Fn(String) + Send + Sync),
    cancel: &CancellationToken,
) -> Result<Built, ValidationError> {
    let options = BuildOptions::default();
    build_with(&options, installation, launcher, proposal, step, cancel).await
}

/// Builds a proposal in its language; `step` hears what is being done, in words.
///
/// No code of the proposal's runs: what would run while it is built is refused before any
/// program sees it. Cargo and the compiler are started by `launcher`, with nothing of the machine
/// but the toolchain, the system's programs and the vendored crates; what makes a component of
/// the module is started by it too, as the role [`ENCODE`](crate::ENCODE) of the launcher's
/// program. All files are made in folders of the build's own, which are gone when this
/// returns or its future is dropped, and so are all processes that it started.
///
/// # Errors
/// When the machine could not do its part or the build was called off; what is wrong with the
/// proposal, and taking longer than the time limit too, is a finding.
pub async fn build_with(
    options: &BuildOptions,
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
        time_limit: options.time_limit,
        measured: options.measured,
    };
    let mut built = match proposal.language {
        Language::Rust => crate::rust::build(&context, proposal).await?,
    };
    built.form = options.form.unwrap_or(built.form);
    if built.form == Form::Component
        && let Some(module) = built.module.take()
    {
        step("making a component of it".to_owned());
        match encoder::encode(&context, module).await? {
            Ok(component) => built.module = Some(component),
            Err(finding) => built.findings.push(finding),
        }
    }
    Ok(built)
}

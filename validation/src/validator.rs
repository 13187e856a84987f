//! The stages in their order, and which process each runs in.

pub(crate) mod journal;

use crate::judge::{nothing, skip_running};
use crate::stages::Found;
use crate::worker::{self, Request};
use crate::{
    EffectivePolicy, Form, Installation, Manifest, Progress, ProposedTool, StageKind,
    ToolchainVersions, ValidationError, ValidationReport, ValidatorOptions, builder, verdict,
};
use isolation::Launcher;
use journal::Journal;
use policies::Policy;
use runtime::CancellationToken;
use std::sync::Arc;
use tracing::Instrument;

/// Takes proposals through their stages. Cheap to clone; one serves any number of validations.
///
/// Nothing of a proposal is run, compiled or even parsed as a module in this process: the build
/// and the stages after it each have a confined process of their own, which the launcher starts.
#[derive(Clone)]
pub struct Validator {
    installation: Installation,
    launcher: Arc<dyn Launcher>,
    ceiling: Policy,
    options: ValidatorOptions,
}

/// What a validation gave.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Validated {
    /// What was found, and the verdict.
    pub report: ValidationReport,
    /// The module or component, if it was built.
    pub artifact: Option<Vec<u8>>,
    /// What the tool says of itself, if that could be had.
    pub manifest: Option<Manifest>,
    /// What approval grants: the ceiling's limits, and the capabilities asked for and allowed.
    pub grant: Policy,
}

/// What the build stage gave.
struct Made {
    artifact: Option<Vec<u8>>,
    form: Form,
    digest: Option<runtime::Digest>,
}

impl Validator {
    /// A validator that builds with this installation, confines by this launcher, and lets no
    /// tool do more than the operator's ceiling. The launcher's program must have the roles
    /// [`ENCODE`](crate::ENCODE) and [`JUDGE`](crate::JUDGE).
    pub fn new(installation: Installation, launcher: Arc<dyn Launcher>, ceiling: Policy) -> Self {
        Self {
            installation,
            launcher,
            ceiling,
            options: ValidatorOptions::default(),
        }
    }

    /// The same with other options.
    #[must_use]
    pub fn with_options(mut self, options: ValidatorOptions) -> Self {
        self.options = options;
        self
    }

    /// Takes a proposal through all stages; `progress` hears of each as it begins and ends.
    ///
    /// A stage that finds errors does not keep the next from running, as long as there is
    /// something for it to work on: who mends a tool wants to know all that is wrong at once.
    ///
    /// # Errors
    /// When it was called off, or the machine could not do its part.
    #[tracing::instrument(skip_all, fields(name = %proposal.name, version = %proposal.version))]
    pub async fn validate(
        &self,
        proposal: &ProposedTool,
        progress: &(dyn Fn(Progress) + Send + Sync),
        cancel: &CancellationToken,
    ) -> Result<Validated, ValidationError> {
        let mut journal = Journal::new(progress);
        let stage = journal.begin(StageKind::Build);
        let launcher = &*self.launcher;
        let building = builder::build(&self.installation, launcher, proposal, &*stage.step, cancel);
        let mut built = building.instrument(tracing::info_span!("build")).await?;
        let found = Found {
            findings: std::mem::take(&mut built.findings),
            metrics: std::mem::take(&mut built.metrics),
        };
        journal.end(stage, found);

        let (manifest, grant) = if let Some(module) = &built.module {
            let request = Request {
                proposal,
                ceiling: &self.ceiling,
                options: &self.options,
                module,
                tests: &built.tests,
            };
            let judged = worker::judge(launcher, request, &mut journal, cancel).await?;
            (judged.manifest, judged.grant)
        } else {
            journal.skip(StageKind::Inspect, "there is no module: it was not built");
            skip_running(&mut journal);
            (None, nothing(&self.ceiling))
        };
        for (stage, what) in [
            (StageKind::Fuzz, "fuzzing"),
            (StageKind::Bench, "benchmarking"),
        ] {
            let reason = format!("{what} is not part of this version of wasm-runner");
            journal.skip(stage, &reason);
        }
        let digest = built.module.as_deref().map(runtime::Digest::of);
        let made = Made {
            artifact: built.module,
            form: built.form,
            digest,
        };
        Ok(self.conclude(proposal, made, journal, manifest, grant))
    }

    /// The report and what goes with it.
    fn conclude(
        &self,
        proposal: &ProposedTool,
        made: Made,
        journal: Journal<'_>,
        manifest: Option<Manifest>,
        grant: Policy,
    ) -> Validated {
        let stages = journal.stages;
        let verdict = verdict::verdict(&stages, manifest.as_ref());
        let report = ValidationReport {
            format: 1,
            name: proposal.name.clone(),
            version: proposal.version.clone(),
            proposal_digest: proposal.content_digest(),
            artifact_digest: made.digest.map(|digest| digest.to_string()),
            form: made.form,
            toolchain: self.versions(),
            policy: EffectivePolicy {
                explained: grant.explain(),
                policy: grant.clone(),
            },
            confidence: verdict::confidence(verdict, &stages, manifest.as_ref(), proposal),
            stages,
            verdict,
        };
        tracing::info!(verdict = verdict.as_str(), "validated");
        Validated {
            report,
            artifact: made.artifact,
            manifest,
            grant,
        }
    }

    fn versions(&self) -> ToolchainVersions {
        let toolchain = &self.installation.toolchain;
        ToolchainVersions {
            wasm_runner: env!("CARGO_PKG_VERSION").to_owned(),
            rustc: toolchain.rustc_version.clone(),
            cargo: toolchain.cargo_version.clone(),
            target: toolchain.target.clone(),
            wasmtime: runtime::WASMTIME_VERSION.to_owned(),
        }
    }
}

/// The service spawns validations: their future must be able to move between threads.
const _: fn(&Validator, &ProposedTool, &CancellationToken) = |validator, proposal, cancel| {
    fn sendable(_: impl Send) {}
    sendable(validator.validate(proposal, &|_| {}, cancel));
};

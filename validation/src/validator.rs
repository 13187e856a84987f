//! The stages in their order.

mod journal;

use crate::stages::fixtures::Fixtures;
use crate::stages::manifest::Agreed;
use crate::stages::{self, Found, Stage};
use crate::{
    EffectivePolicy, Finding, Installation, Manifest, Progress, ProposedTool, StageKind,
    ToolchainVersions, ValidationError, ValidationReport, ValidatorOptions, builder, verdict,
};
use journal::{Begun, Journal};
use policies::Policy;
use runtime::{CancellationToken, Sandbox, Tool};
use std::time::Instant;
use tracing::Instrument;

/// Takes proposals through their stages. Cheap to clone; one serves any number of validations.
#[derive(Clone)]
pub struct Validator {
    installation: Installation,
    sandbox: Sandbox,
    ceiling: Policy,
    options: ValidatorOptions,
}

/// What a validation gave.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Validated {
    /// What was found, and the verdict.
    pub report: ValidationReport,
    /// The module, if it was built.
    pub artifact: Option<Vec<u8>>,
    /// What the tool says of itself, if that could be had.
    pub manifest: Option<Manifest>,
    /// What approval grants: the ceiling's limits, and the capabilities asked for and allowed.
    pub grant: Policy,
}

impl Validator {
    /// A validator that builds with this installation, runs in this sandbox, and lets no tool do
    /// more than the operator's ceiling.
    pub fn new(installation: Installation, sandbox: Sandbox, ceiling: Policy) -> Self {
        Self {
            installation,
            sandbox,
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
        let building = builder::build(&self.installation, proposal, &*stage.step, cancel);
        let mut built = building.instrument(tracing::info_span!("build")).await?;
        let found = Found {
            findings: std::mem::take(&mut built.findings),
            metrics: std::mem::take(&mut built.metrics),
        };
        journal.end(stage, found);
        self.judge(proposal, built, journal, cancel).await
    }

    /// The stages after the build.
    pub(crate) async fn judge(
        &self,
        proposal: &ProposedTool,
        built: builder::Built,
        mut journal: Journal<'_>,
        cancel: &CancellationToken,
    ) -> Result<Validated, ValidationError> {
        let tool = if let Some(module) = &built.module {
            self.inspect(module, &mut journal, cancel).await?
        } else {
            journal.skip(StageKind::Inspect, "there is no module: it was not built");
            None
        };
        let digest = built.module.as_deref().map(runtime::Digest::of);
        let (manifest, grant) = if let Some(tool) = &tool {
            let agreed = self.agree(proposal, tool, &mut journal, cancel).await?;
            let tested = self
                .test(proposal, &built.tests, &agreed, &mut journal, cancel)
                .await?;
            self.examples(proposal, tool, &agreed, tested, &mut journal, cancel)
                .await?;
            (agreed.manifest, agreed.grant)
        } else {
            for stage in [StageKind::Manifest, StageKind::Test, StageKind::Examples] {
                journal.skip(stage, "there is no module that could be run");
            }
            let nothing = Policy {
                limits: self.ceiling.limits,
                ..Policy::default()
            };
            (None, nothing.intersect(&self.ceiling))
        };
        for (stage, what) in [
            (StageKind::Fuzz, "fuzzing"),
            (StageKind::Bench, "benchmarking"),
        ] {
            let reason = format!("{what} is not part of this version of wasm-runner");
            journal.skip(stage, &reason);
        }

        let stages = journal.stages;
        let verdict = verdict::verdict(&stages, manifest.as_ref());
        let report = ValidationReport {
            format: 1,
            name: proposal.name.clone(),
            version: proposal.version.clone(),
            proposal_digest: proposal.content_digest(),
            artifact_digest: digest.map(|digest| digest.to_string()),
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
        Ok(Validated {
            report,
            artifact: built.module,
            manifest,
            grant,
        })
    }

    /// Looks at the module and compiles it; gives it if it can be run.
    #[tracing::instrument(skip_all)]
    async fn inspect(
        &self,
        module: &[u8],
        journal: &mut Journal<'_>,
        cancel: &CancellationToken,
    ) -> Result<Option<Tool>, ValidationError> {
        let begun = journal.begin(StageKind::Inspect);
        let (sandbox, limits) = (self.sandbox.clone(), self.ceiling.limits);
        let bytes = module.to_vec();
        // Both are work for a processor: seconds for a large module.
        let looking = tokio::task::spawn_blocking(move || {
            let inspected = crate::inspect(&bytes);
            let loaded = inspected.is_ok().then(|| sandbox.load(&bytes, &limits));
            (inspected, loaded)
        });
        let (inspected, loaded) = looking
            .await
            .map_err(ValidationError::machine("compiling the module"))?;
        if cancel.is_cancelled() {
            return Err(ValidationError::Cancelled);
        }
        let mut found = Found::default();
        let mut tool = None;
        match inspected {
            Ok(inspection) => found = stages::inspection::judge(&inspection, &limits),
            Err(error) => found.add(Finding::error(
                "inspect/invalid-module",
                error.to_string(),
                "build a WASI preview 1 command; where the compiler gave this, report it",
            )),
        }
        match loaded {
            Some(Ok(loaded)) => tool = Some(loaded),
            Some(Err(error)) => stages::inspection::refused(&mut found, &error),
            None => {}
        }
        // What the inspection refuses is not run, whether it could be or not.
        if found.failed() {
            tool = None;
        }
        journal.end(begun, found);
        Ok(tool)
    }

    #[tracing::instrument(name = "manifest", skip_all)]
    async fn agree(
        &self,
        proposal: &ProposedTool,
        tool: &Tool,
        journal: &mut Journal<'_>,
        cancel: &CancellationToken,
    ) -> Result<Agreed, ValidationError> {
        let begun = journal.begin(StageKind::Manifest);
        let stage = self.stage(&begun, cancel);
        let (found, agreed) = stages::manifest::agree(stage, proposal, tool, &self.ceiling).await?;
        journal.end(begun, found);
        Ok(agreed)
    }

    /// Runs the author's tests; tells whether one passed.
    #[tracing::instrument(skip_all)]
    async fn test(
        &self,
        proposal: &ProposedTool,
        programs: &[builder::TestProgram],
        agreed: &Agreed,
        journal: &mut Journal<'_>,
        cancel: &CancellationToken,
    ) -> Result<bool, ValidationError> {
        let begun = journal.begin(StageKind::Test);
        let context = stages::tests::Context {
            stage: self.stage(&begun, cancel),
            sandbox: &self.sandbox,
            proposal,
            fixtures: &fixtures(proposal, agreed),
            grant: &agreed.grant,
        };
        let found = stages::tests::run(context, programs).await?;
        let tested = stages::tests::passed_any(&found);
        journal.end(begun, found);
        Ok(tested)
    }

    #[tracing::instrument(skip_all)]
    async fn examples(
        &self,
        proposal: &ProposedTool,
        tool: &Tool,
        agreed: &Agreed,
        tested: bool,
        journal: &mut Journal<'_>,
        cancel: &CancellationToken,
    ) -> Result<(), ValidationError> {
        let Some(manifest) = &agreed.manifest else {
            journal.skip(StageKind::Examples, "there is no manifest that has some");
            return Ok(());
        };
        let begun = journal.begin(StageKind::Examples);
        let context = stages::examples::Context {
            stage: self.stage(&begun, cancel),
            proposal,
            manifest,
            contract: agreed.contract.as_ref(),
            fixtures: &fixtures(proposal, agreed),
            tool,
            tested,
        };
        let found = stages::examples::run(context).await?;
        journal.end(begun, found);
        Ok(())
    }

    fn stage<'a>(&'a self, begun: &'a Begun<'_>, cancel: &'a CancellationToken) -> Stage<'a> {
        Stage {
            options: &self.options,
            cancel,
            step: &*begun.step,
            until: Instant::now() + self.options.stage_time.as_duration(),
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

fn fixtures(proposal: &ProposedTool, agreed: &Agreed) -> Fixtures {
    let requests = agreed
        .manifest
        .as_ref()
        .map_or(&[][..], |manifest| &manifest.capabilities);
    Fixtures::new(proposal, requests, &agreed.grant)
}

/// The service spawns validations: their future must be able to move between threads.
const _: fn(&Validator, &ProposedTool, &CancellationToken) = |validator, proposal, cancel| {
    fn sendable(_: impl Send) {}
    sendable(validator.validate(proposal, &|_| {}, cancel));
};

#[cfg(test)]
mod unit;

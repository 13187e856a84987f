//! The stages in their order.

use crate::stages::{self, Found};
use crate::{
    EffectivePolicy, Finding, Installation, Manifest, Progress, ProposedTool, Severity, StageKind,
    StageReport, StageStatus, ToolchainVersions, ValidationError, ValidationReport, builder,
    verdict,
};
use policies::Policy;
use runtime::{CancellationToken, Sandbox};
use std::time::Instant;

/// Takes proposals through their stages.
#[derive(Clone)]
pub struct Validator {
    installation: Installation,
    sandbox: Sandbox,
    ceiling: Policy,
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
        }
    }

    /// Takes a proposal through all stages; `progress` hears of each as it begins and ends.
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
        let mut run = Run {
            stages: Vec::new(),
            progress,
        };
        let mut grant = Policy {
            limits: self.ceiling.limits,
            ..Policy::default()
        };
        let mut artifact_digest = None;

        let stage = run.begin(StageKind::Build);
        let mut built = builder::build(&self.installation, proposal, &*stage.step, cancel).await?;
        let found = Found {
            findings: std::mem::take(&mut built.findings),
            metrics: std::mem::take(&mut built.metrics),
        };
        run.end(stage, found);

        let mut tool = None;
        if let Some(module) = &built.module {
            let stage = run.begin(StageKind::Inspect);
            let (found, loaded) = self.inspect(module).await?;
            run.end(stage, found);
            tool = loaded;
        } else {
            run.skip(StageKind::Inspect, "there is no module: it was not built");
        }

        let mut agreed = None;
        if let Some(tool) = &tool {
            artifact_digest = Some(tool.digest().to_string());
            let stage = run.begin(StageKind::Manifest);
            let (found, result) =
                stages::manifest::agree(proposal, tool, &self.ceiling, cancel).await;
            if cancel.is_cancelled() {
                return Err(ValidationError::Cancelled);
            }
            run.end(stage, found);
            agreed = result;
        } else {
            run.skip(StageKind::Manifest, "there is no module that could be run");
        }

        if let (Some(tool), Some(agreed)) = (&tool, &agreed) {
            let stage = run.begin(StageKind::Test);
            let context = stages::tests::Context {
                sandbox: &self.sandbox,
                proposal,
                manifest: &agreed.manifest,
                grant: &agreed.grant,
                cancel,
                step: &*stage.step,
            };
            let found = stages::tests::run(&context, &built.tests).await?;
            run.end(stage, found);

            let stage = run.begin(StageKind::Examples);
            let found = stages::examples::run(proposal, agreed, tool, cancel, &*stage.step).await?;
            run.end(stage, found);
        } else {
            let reason = "there is no manifest that says what the tool may do";
            run.skip(StageKind::Test, reason);
            run.skip(StageKind::Examples, reason);
        }
        let manifest = agreed.map(|agreed| {
            grant = agreed.grant;
            agreed.manifest
        });
        run.skip(
            StageKind::Fuzz,
            "fuzzing is not part of this version of wasm-runner",
        );
        run.skip(
            StageKind::Bench,
            "benchmarking is not part of this version of wasm-runner",
        );

        let verdict = verdict::verdict(&run.stages, manifest.as_ref());
        let confidence = verdict::confidence(verdict, &run.stages, manifest.as_ref(), proposal);
        let report = ValidationReport {
            format: 1,
            name: proposal.name.clone(),
            version: proposal.version.clone(),
            proposal_digest: proposal.content_digest(),
            artifact_digest,
            toolchain: self.versions(),
            policy: EffectivePolicy {
                explained: grant.explain(),
                policy: grant.clone(),
            },
            stages: run.stages,
            verdict,
            confidence,
        };
        Ok(Validated {
            report,
            artifact: built.module,
            manifest,
            grant,
        })
    }

    async fn inspect(
        &self,
        module: &[u8],
    ) -> Result<(Found, Option<runtime::Tool>), ValidationError> {
        let mut found = match crate::inspect(module) {
            Ok(inspection) => stages::inspection::judge(&inspection, &self.ceiling.limits),
            Err(error) => {
                let mut found = Found::default();
                found.add(Finding::error(
                    "inspect/invalid-module",
                    error.to_string(),
                    "report this: the compiler gave no valid module",
                ));
                return Ok((found, None));
            }
        };
        let sandbox = self.sandbox.clone();
        let limits = self.ceiling.limits;
        let bytes = module.to_vec();
        let loaded = tokio::task::spawn_blocking(move || sandbox.load(&bytes, &limits))
            .await
            .map_err(ValidationError::machine("compiling the module"))?;
        match loaded {
            Ok(tool) => return Ok((found, Some(tool))),
            // What the inspection named already is not said twice.
            Err(_)
                if found
                    .findings
                    .iter()
                    .any(|finding| finding.severity == Severity::Error) => {}
            Err(error) => found.add(Finding::error(
                "inspect/invalid-module",
                error.to_string(),
                "mend what is named",
            )),
        }
        Ok((found, None))
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

struct Run<'a> {
    stages: Vec<StageReport>,
    progress: &'a (dyn Fn(Progress) + Send + Sync),
}

/// A stage that has begun.
struct Begun<'a> {
    stage: StageKind,
    at: Instant,
    step: Box<dyn Fn(String) + Send + Sync + 'a>,
}

impl<'a> Run<'a> {
    fn begin(&mut self, stage: StageKind) -> Begun<'a> {
        let progress = self.progress;
        progress(Progress::StageStarted { stage });
        Begun {
            stage,
            at: Instant::now(),
            step: Box::new(move |message| progress(Progress::Step { stage, message })),
        }
    }

    fn end(&mut self, begun: Begun<'_>, found: Found) {
        let failed = found
            .findings
            .iter()
            .any(|finding| finding.severity == Severity::Error);
        self.push(StageReport {
            stage: begun.stage,
            status: if failed {
                StageStatus::Failed
            } else {
                StageStatus::Passed
            },
            reason: None,
            duration_millis: u64::try_from(begun.at.elapsed().as_millis()).unwrap_or(u64::MAX),
            metrics: found.metrics,
            findings: found.findings,
        });
    }

    fn skip(&mut self, stage: StageKind, reason: &str) {
        self.push(StageReport {
            stage,
            status: StageStatus::Skipped,
            reason: Some(reason.to_owned()),
            duration_millis: 0,
            metrics: std::collections::BTreeMap::new(),
            findings: Vec::new(),
        });
    }

    fn push(&mut self, report: StageReport) {
        (self.progress)(Progress::StageFinished {
            report: report.clone(),
        });
        self.stages.push(report);
    }
}

/// The service spawns validations: their future must be able to move between threads.
const _: fn(&Validator, &ProposedTool, &CancellationToken) = |validator, proposal, cancel| {
    fn sendable(_: impl Send) {}
    sendable(validator.validate(proposal, &|_| {}, cancel));
};

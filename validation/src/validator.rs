//! The stages in their order, and which process each runs in.

pub(crate) mod journal;

use crate::confidence::{Evidence, TrackRecord};
use crate::excerpts;
use crate::judge::{Reached, nothing, skip_running};
use crate::stages::Found;
use crate::worker::{self, Request};
use crate::{
    BuildOptions, Built, EffectivePolicy, Form, Installation, Manifest, Previous, Progress,
    ProposedTool, StageKind, StageReport, Thresholds, ToolchainVersions, ValidationError,
    ValidationReport, ValidatorOptions, builder, changes, verdict,
};
use isolation::Launcher;
use journal::Journal;
use policies::{Policy, WallTime};
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
    thresholds: Thresholds,
    track_record: Option<TrackRecord>,
    previous: Option<Arc<Previous>>,
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
            thresholds: Thresholds::default(),
            track_record: None,
            previous: None,
        }
    }

    /// The same with the operator's thresholds for the verdict.
    #[must_use]
    pub fn with_thresholds(mut self, thresholds: Thresholds) -> Self {
        self.thresholds = thresholds;
        self
    }

    /// The same with what became of earlier tools of the proposals' generator.
    #[must_use]
    pub fn with_track_record(mut self, record: Option<TrackRecord>) -> Self {
        self.track_record = record;
        self
    }

    /// The same with the version that proposals are compared with: its module is run beside the
    /// new one, in the same confined process, and the report says what changed.
    #[must_use]
    pub fn with_previous(mut self, previous: Option<Previous>) -> Self {
        self.previous = previous.map(Arc::new);
        self
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
    #[tracing::instrument(name = "stages", skip_all, fields(tool = %proposal.name, version = %proposal.version))]
    pub async fn validate(
        &self,
        proposal: &ProposedTool,
        progress: &(dyn Fn(Progress) + Send + Sync),
        cancel: &CancellationToken,
    ) -> Result<Validated, ValidationError> {
        let started_at = jiff::Timestamp::now();
        let mut journal = Journal::new(progress);
        let launcher = &*self.launcher;
        let measured = self.options.judges_tests();
        let built = self.build(proposal, measured, &mut journal, cancel).await?;
        let mut reached = Reached::default();
        let (manifest, grant, compared) = if let Some(module) = &built.module {
            let request = Request {
                proposal,
                ceiling: &self.ceiling,
                options: &self.options,
                module,
                tests: &built.tests,
                measured: built.measured.as_ref(),
                reference: built.reference.as_deref(),
                budget: built.budget,
                previous: self.previous.as_deref(),
            };
            let judged = worker::judge(launcher, request, &mut journal, cancel).await?;
            reached = judged.reached;
            (judged.manifest, judged.grant, judged.compared)
        } else {
            journal.skip(StageKind::Inspect, "there is no module: it was not built");
            skip_running(&mut journal);
            (None, nothing(&self.ceiling), None)
        };
        let changes = self
            .previous
            .as_deref()
            .map(|previous| changes::changes(previous, proposal, manifest.as_ref(), compared));
        let digest = built.module.as_deref().map(runtime::Digest::of);
        let made = Made {
            artifact: built.module,
            form: built.form,
            digest,
        };
        let mut validated = self.conclude(proposal, made, journal, manifest, grant);
        validated.report.started_at = Some(started_at);
        excerpts::cover(&mut validated.report.sources, proposal, reached);
        validated.report.changes = changes;
        Ok(validated)
    }

    async fn build(
        &self,
        proposal: &ProposedTool,
        measured: bool,
        journal: &mut Journal<'_>,
        cancel: &CancellationToken,
    ) -> Result<Built, ValidationError> {
        let stage = journal.begin(StageKind::Build);
        let launcher = &*self.launcher;
        let options = BuildOptions {
            measured,
            ..BuildOptions::default()
        };
        let installation = &self.installation;
        let building = builder::build_with(
            &options,
            installation,
            launcher,
            proposal,
            &*stage.step,
            cancel,
        );
        let mut built = building.instrument(stage.span.clone()).await?;
        let found = Found {
            findings: std::mem::take(&mut built.findings),
            metrics: std::mem::take(&mut built.metrics),
            ..Found::default()
        };
        journal.end(stage, found);
        Ok(built)
    }

    /// Builds a proposal, so that it can be tried again and again ([`Trials::run`]).
    ///
    /// # Errors
    /// When it was called off, or the machine could not do its part. That it can't be built is a
    /// stage of the trials.
    pub async fn trials<'a>(
        &'a self,
        proposal: &'a ProposedTool,
        progress: &(dyn Fn(Progress) + Send + Sync),
        cancel: &CancellationToken,
    ) -> Result<Trials<'a>, ValidationError> {
        let mut journal = Journal::new(progress);
        let built = self.build(proposal, false, &mut journal, cancel).await?;
        Ok(Trials {
            validator: self,
            proposal,
            built,
            build: journal.stages,
        })
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
        let span = tracing::info_span!("verdict", verdict = tracing::field::Empty);
        let _inside = span.enter();
        let stages = journal.stages;
        let record = self.track_record;
        let evidence = Evidence::gather(&stages, manifest.as_ref(), proposal, record);
        let confidence = evidence.confidence();
        let (verdict, reasons) =
            verdict::verdict(&stages, manifest.as_ref(), &confidence, &self.thresholds);
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
            reasons,
            confidence,
            started_at: None,
            changes: None,
            sources: excerpts::sources(proposal),
            excerpts: excerpts::excerpts(proposal, &stages),
            stages,
            verdict,
        };
        span.record("verdict", verdict.as_str());
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

/// A proposal that was built once and is tried under one policy after the other.
pub struct Trials<'a> {
    validator: &'a Validator,
    proposal: &'a ProposedTool,
    built: Built,
    /// What the build came to.
    pub build: Vec<StageReport>,
}

/// One trial.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Trial {
    /// The stages after the build.
    pub stages: Vec<StageReport>,
    /// What the tool says of itself, if that could be had.
    pub manifest: Option<Manifest>,
    /// Under what its tests and examples ran; folders are copies of the proposal's own.
    pub grant: Policy,
}

impl Trials<'_> {
    /// Takes the module through the stages after the build, in a confined process of its own, with
    /// this ceiling; `narrow` is what tests and examples have at most of what they are granted.
    ///
    /// `None` where there is no module, because it was not built.
    ///
    /// # Errors
    /// When it was called off, or the machine could not do its part.
    pub async fn run(
        &self,
        ceiling: &Policy,
        narrow: Option<&Policy>,
        progress: &(dyn Fn(Progress) + Send + Sync),
        cancel: &CancellationToken,
    ) -> Result<Option<Trial>, ValidationError> {
        let Some(module) = &self.built.module else {
            return Ok(None);
        };
        let options = ValidatorOptions {
            narrow: narrow.cloned(),
            // Trials are of tests and examples: whether they pass is what a trial tells.
            fuzz_time: WallTime::millis(0),
            fuzz_executions: None,
            mutation_time: WallTime::millis(0),
            mutants: None,
            bench_time: WallTime::millis(0),
            ..self.validator.options.clone()
        };
        let mut journal = Journal::new(progress);
        let request = Request {
            proposal: self.proposal,
            ceiling,
            options: &options,
            module,
            tests: &self.built.tests,
            measured: None,
            reference: None,
            budget: self.built.budget,
            previous: None,
        };
        let launcher = &*self.validator.launcher;
        let judged = worker::judge(launcher, request, &mut journal, cancel).await?;
        Ok(Some(Trial {
            stages: journal.stages,
            manifest: judged.manifest,
            grant: judged.grant,
        }))
    }

    /// The module's size in bytes.
    pub fn module_bytes(&self) -> u64 {
        self.built.module.as_ref().map_or(0, Vec::len) as u64
    }
}

/// The service spawns validations: their future must be able to move between threads.
const _: fn(&Validator, &ProposedTool, &CancellationToken) = |validator, proposal, cancel| {
    fn sendable(_: impl Send) {}
    sendable(validator.validate(proposal, &|_| {}, cancel));
};

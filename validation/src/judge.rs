//! The stages after the build, for what a proposal's code may run in: a sandbox.

use crate::changes::Compared;
use crate::stages::bench::{Earlier, Tried};
use crate::stages::fixtures::Fixtures;
use crate::stages::manifest::Agreed;
use crate::stages::{self, Found, Stage};
use crate::validator::journal::{Begun, Journal};
use crate::{
    CallBudget, Finding, Manifest, Measured, ProposedTool, StageKind, TestProgram, ValidationError,
    ValidatorOptions,
};
use policies::Policy;
use runtime::{CancellationToken, LoadError, Sandbox, Tool};
use std::collections::BTreeMap;
use std::time::Instant;

/// Takes modules through the stages after the build.
pub(crate) struct Judge {
    pub(crate) sandbox: Sandbox,
    pub(crate) ceiling: Policy,
    pub(crate) options: ValidatorOptions,
}

/// Of each of the tool's files: lines that its tests and examples reached, and lines with code
/// that they did not.
pub(crate) type Reached = BTreeMap<String, (Vec<u32>, Vec<u32>)>;

/// What the stages gave beside their reports.
pub(crate) struct Judged {
    /// What the tool says of itself, if that could be had.
    pub(crate) manifest: Option<Manifest>,
    /// What approval grants.
    pub(crate) grant: Policy,
    pub(crate) reached: Reached,
    /// What running it beside the version before gave.
    pub(crate) compared: Option<Compared>,
}

/// What is judged.
#[derive(Clone, Copy)]
pub(crate) struct Case<'a> {
    pub(crate) proposal: &'a ProposedTool,
    pub(crate) module: &'a [u8],
    /// The programs with its tests.
    pub(crate) tests: &'a [TestProgram],
    /// The same compiled to be looked into.
    pub(crate) measured: Option<&'a Measured>,
    /// The second implementation that it brings.
    pub(crate) reference: Option<&'a [u8]>,
    /// What its package promises.
    pub(crate) budget: CallBudget,
    /// The version that it is compared with.
    pub(crate) previous: Option<Before<'a>>,
}

/// The version before, as it lies there.
#[derive(Clone, Copy)]
pub(crate) struct Before<'a> {
    pub(crate) label: &'a str,
    pub(crate) version: Option<&'a semver::Version>,
    pub(crate) module: &'a [u8],
    pub(crate) manifest: Option<&'a Manifest>,
}

/// What is granted where nothing was asked for, or nobody knows what.
pub(crate) fn nothing(ceiling: &Policy) -> Policy {
    let nothing = Policy {
        limits: ceiling.limits,
        ..Policy::default()
    };
    nothing.intersect(ceiling)
}

/// Stages that need a module that can be run.
const RUNNING: [StageKind; 5] = [
    StageKind::Manifest,
    StageKind::Test,
    StageKind::Examples,
    StageKind::Fuzz,
    StageKind::Bench,
];

/// Says why those did not run.
pub(crate) fn skip_running(journal: &mut Journal<'_>) {
    for stage in RUNNING {
        journal.skip(stage, "there is no module that could be run");
    }
}

impl Judge {
    /// Takes a module, and the programs with its tests, through all stages.
    pub(crate) async fn judge(
        &self,
        case: Case<'_>,
        journal: &mut Journal<'_>,
        cancel: &CancellationToken,
    ) -> Result<Judged, ValidationError> {
        let Case {
            proposal,
            module,
            budget,
            ..
        } = case;
        let inspecting = self.inspect(proposal, module, journal, cancel);
        let Some(tool) = inspecting.await? else {
            skip_running(journal);
            return Ok(Judged {
                manifest: None,
                grant: nothing(&self.ceiling),
                reached: Reached::default(),
                compared: None,
            });
        };
        let agreed = self.agree(proposal, &tool, budget, journal, cancel).await?;
        let (tested, reached) = self.test(case, &agreed, journal, cancel).await?;
        self.examples(proposal, &tool, &agreed, tested, journal, cancel)
            .await?;
        let tried = self
            .fuzz(proposal, module, &tool, &agreed, journal, cancel)
            .await?;
        let compared = self
            .bench(case, &tool, &agreed, &tried, journal, cancel)
            .await?;
        Ok(Judged {
            manifest: agreed.manifest,
            grant: self.narrowed(&agreed.grant),
            reached,
            compared,
        })
    }

    /// What tests and examples have of a grant.
    fn narrowed(&self, grant: &Policy) -> Policy {
        match &self.options.narrow {
            Some(narrow) => grant.intersect(narrow),
            None => grant.clone(),
        }
    }

    fn fixtures(&self, proposal: &ProposedTool, agreed: &Agreed) -> Fixtures {
        let requests = agreed
            .manifest
            .as_ref()
            .map_or(&[][..], |manifest| &manifest.capabilities);
        Fixtures::new(proposal, requests, &self.narrowed(&agreed.grant))
    }

    /// Looks at the module and compiles it; gives it if it can be run.
    #[tracing::instrument(skip_all)]
    async fn inspect(
        &self,
        proposal: &ProposedTool,
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
            let analysed = inspected.is_ok().then(|| crate::analyse(&bytes));
            (inspected, analysed, loaded)
        });
        let (inspected, analysed, loaded) = looking
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
        // What was just found valid is so the second time too.
        if let Some(Ok(analysis)) = analysed {
            stages::analysis::judge(&mut found, &analysis);
        }
        stages::analysis::look_for_secrets(&mut found, proposal, module);
        match loaded {
            Some(Ok(loaded)) => tool = Some(loaded),
            // Nothing that the tool could mend.
            Some(Err(error @ LoadError::NoRoom { .. })) => {
                return Err(ValidationError::machine("preparing for components")(error));
            }
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
        budget: CallBudget,
        journal: &mut Journal<'_>,
        cancel: &CancellationToken,
    ) -> Result<Agreed, ValidationError> {
        let begun = journal.begin(StageKind::Manifest);
        let stage = self.stage(&begun, cancel);
        let ceiling = &self.ceiling;
        let (found, agreed) =
            stages::manifest::agree(stage, proposal, tool, ceiling, budget).await?;
        journal.end(begun, found);
        Ok(agreed)
    }

    /// Runs the author's tests, and judges them; tells whether one passed, and what they reach.
    #[tracing::instrument(skip_all)]
    async fn test(
        &self,
        case: Case<'_>,
        agreed: &Agreed,
        journal: &mut Journal<'_>,
        cancel: &CancellationToken,
    ) -> Result<(bool, Reached), ValidationError> {
        let proposal = case.proposal;
        let begun = journal.begin(StageKind::Test);
        let fixtures = self.fixtures(proposal, agreed);
        let context = stages::tests::Context {
            stage: self.stage(&begun, cancel),
            sandbox: &self.sandbox,
            proposal,
            fixtures: &fixtures,
            // Whole: that a program can list its tests is no need of the tool.
            grant: &agreed.grant,
        };
        let mut found = stages::tests::run(context, case.tests).await?;
        let tested = stages::tests::passed_any(&found);
        let mut reached = Reached::default();
        if self.options.judges_tests() {
            let context = stages::judging::Context {
                stage: self.stage(&begun, cancel),
                proposal,
                manifest: agreed.manifest.as_ref(),
                contract: agreed.contract.as_ref(),
                fixtures: &fixtures,
                limits: agreed.grant.limits,
            };
            reached = stages::judging::judge(context, case.measured, &mut found).await?;
        }
        journal.end(begun, found);
        Ok((tested, reached))
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
            fixtures: &self.fixtures(proposal, agreed),
            tool,
            tested,
        };
        let found = stages::examples::run(context).await?;
        journal.end(begun, found);
        Ok(())
    }

    /// Looks for inputs on which it misbehaves; gives those that were kept.
    #[tracing::instrument(skip_all)]
    async fn fuzz(
        &self,
        proposal: &ProposedTool,
        module: &[u8],
        tool: &Tool,
        agreed: &Agreed,
        journal: &mut Journal<'_>,
        cancel: &CancellationToken,
    ) -> Result<Tried, ValidationError> {
        if !self.options.fuzzes() {
            journal.skip(StageKind::Fuzz, "it was not asked for");
            return Ok(Tried::default());
        }
        let (Some(manifest), Some(_)) = (&agreed.manifest, &agreed.contract) else {
            journal.skip(
                StageKind::Fuzz,
                "there is no manifest with valid schemas, from which inputs could be made",
            );
            return Ok(Tried::default());
        };
        let begun = journal.begin(StageKind::Fuzz);
        let context = stages::fuzz::Context {
            stage: self.stage(&begun, cancel),
            proposal,
            manifest,
            fixtures: &self.fixtures(proposal, agreed),
            module,
            tool,
        };
        let (found, tried) = stages::fuzz::run(context).await?;
        journal.end(begun, found);
        Ok(tried)
    }

    /// Measures what a call costs, and compares it with others that do the same.
    #[tracing::instrument(skip_all)]
    async fn bench(
        &self,
        case: Case<'_>,
        tool: &Tool,
        agreed: &Agreed,
        tried: &Tried,
        journal: &mut Journal<'_>,
        cancel: &CancellationToken,
    ) -> Result<Option<Compared>, ValidationError> {
        if !self.options.benches() {
            journal.skip(StageKind::Bench, "it was not asked for");
            return Ok(None);
        }
        let (Some(manifest), Some(contract)) = (&agreed.manifest, &agreed.contract) else {
            journal.skip(
                StageKind::Bench,
                "there is no manifest with valid schemas, which says what is valid input",
            );
            return Ok(None);
        };
        let begun = journal.begin(StageKind::Bench);
        let stage = self.stage(&begun, cancel);
        let mut found = Found::default();
        let earlier = match case.previous {
            Some(before) => self.earlier(stage, before, &mut found).await?,
            None => None,
        };
        let reference = match case.reference {
            Some(module) => self.second(module, &mut found).await?,
            None => None,
        };
        let context = stages::bench::Context {
            stage,
            proposal: case.proposal,
            manifest,
            contract,
            fixtures: &self.fixtures(case.proposal, agreed),
            ceiling: &self.ceiling,
            tool,
            size: case.module.len(),
            tried,
            earlier: earlier.as_ref(),
            reference: reference.as_ref(),
        };
        let (mut measured, compared) = stages::bench::run(context).await?;
        measured.findings.splice(0..0, found.findings);
        journal.end(begun, measured);
        Ok(compared)
    }

    /// Compiles another module than the one that is judged.
    async fn load(&self, module: &[u8]) -> Result<Result<Tool, String>, ValidationError> {
        let (sandbox, limits) = (self.sandbox.clone(), self.ceiling.limits);
        let bytes = module.to_vec();
        let loading = tokio::task::spawn_blocking(move || {
            let loaded = sandbox.load(&bytes, &limits);
            loaded.map_err(|error| error.to_string())
        });
        loading
            .await
            .map_err(ValidationError::machine("compiling the module"))
    }

    /// The version before; a finding says why it can't be run.
    async fn earlier(
        &self,
        stage: Stage<'_>,
        before: Before<'_>,
        found: &mut Found,
    ) -> Result<Option<Earlier>, ValidationError> {
        let label = before.label.to_owned();
        let tool = match self.load(before.module).await? {
            Ok(tool) => tool,
            Err(why) => {
                found.add(Finding::note(
                    "bench/not-compared",
                    format!("it was not compared with {label}, which can't be loaded: {why}"),
                    "nothing to mend in the tool: name a module that this version of wasm-runner can run",
                ));
                return Ok(None);
            }
        };
        let manifest = match before.manifest {
            Some(manifest) => Some(manifest.clone()),
            None => stages::manifest::printed(stage, &tool, &self.ceiling).await?,
        };
        Ok(Some(Earlier {
            label,
            version: before.version.cloned(),
            tool,
            size: before.module.len(),
            manifest,
        }))
    }

    /// The second implementation; a finding says why it can't be run.
    async fn second(
        &self,
        module: &[u8],
        found: &mut Found,
    ) -> Result<Option<Tool>, ValidationError> {
        match self.load(module).await? {
            Ok(tool) => Ok(Some(tool)),
            Err(why) => {
                found.add(Finding::error(
                    "bench/reference-not-loaded",
                    format!("the second implementation can't be loaded: {why}"),
                    "let it import no more than the tool itself, and make it smaller",
                ));
                Ok(None)
            }
        }
    }

    fn stage<'a>(&'a self, begun: &'a Begun<'_>, cancel: &'a CancellationToken) -> Stage<'a> {
        Stage {
            options: &self.options,
            cancel,
            step: &*begun.step,
            until: Instant::now() + self.options.stage_time.as_duration(),
        }
    }
}

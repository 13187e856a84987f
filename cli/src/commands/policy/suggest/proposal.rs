//! The least that a proposal's tests and examples need.
//!
//! Nothing of a proposal runs in this process: it is built once, and each trial has a confined
//! process of its own, as validation has.

use super::{Args, Failing, Found, Suggestion, Used, generous, only_for_modules, set_limits};
use crate::commands::block_on;
use crate::output::spinner;
use crate::problem::Problem;
use crate::{cancel, proposal_source};
use policies::{Access, Clocks, DirectoryGrant, GuestPath, HostPath, NetworkGrant, Policy, Random};
use runtime::CancellationToken;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;
use validation::{
    CapabilityRequest, Installation, Severity, StageKind, StageReport, StageStatus, Trial, Trials,
    Validator,
};

pub(super) fn suggest(args: &Args, path: &Path, passed_on: &[OsString]) -> anyhow::Result<Found> {
    if let Some(what) = only_for_modules(args, passed_on) {
        return Err(
            Problem::new(format!("{what} can be given for a module only"))
                .remedy("what a package is run with is in its tests, examples and fixtures")
                .into(),
        );
    }
    let proposal = proposal_source::read(path)?;
    let installation = Installation::open(&Installation::locate())?;
    let mut ceiling = generous(args)?;
    ceiling.capabilities.network = args.net.iter().cloned().collect();
    ceiling.capabilities.directories = vec![DirectoryGrant {
        guest: GuestPath::Any,
        host: HostPath::Any,
        access: Access::ReadWrite,
    }];
    block_on(async {
        let launcher = args.confine.launcher().await?;
        let validator = Validator::new(installation, launcher, ceiling.clone());
        let cancel = cancel::by_ctrl_c();
        let _watching = spinner(&format!("watching {}", proposal.name));
        let trials = validator.trials(&proposal, &|_| {}, &cancel).await?;
        let search = Search {
            trials: &trials,
            cancel: &cancel,
            ceiling,
            reasons: BTreeMap::new(),
            dropped: Vec::new(),
        };
        search.run(args).await
    })
}

struct Search<'a> {
    trials: &'a Trials<'a>,
    cancel: &'a CancellationToken,
    /// What next to everything is within.
    ceiling: Policy,
    reasons: BTreeMap<String, String>,
    dropped: Vec<String>,
}

impl Search<'_> {
    async fn run(mut self, args: &Args) -> anyhow::Result<Found> {
        // A build of the tool can do and one of its tests fail: then nothing was watched of them.
        let built = self.trials.build.iter().flat_map(|stage| &stage.findings);
        if built.into_iter().any(|it| it.severity == Severity::Error) {
            return Ok(Err(failing(&self.trials.build)));
        }
        let Some(first) = self.try_with(None).await? else {
            return Ok(Err(failing(&self.trials.build)));
        };
        let requests = first
            .manifest
            .as_ref()
            .map_or(&[][..], |it| &it.capabilities);
        let more = self.allow(requests);
        // What it asks for by name is allowed by name, so that may take a second look.
        let first = if more {
            match self.try_with(None).await? {
                Some(trial) => trial,
                None => first.clone(),
            }
        } else {
            first.clone()
        };
        if !passes(&first) {
            return Ok(Err(failing(&first.stages)));
        }
        let mut least = first.grant.clone();
        self.clocks_and_random(&mut least).await?;
        self.folders(&mut least).await?;
        self.rest(&mut least);
        let Some(trial) = self.try_with(Some(&least)).await? else {
            return Ok(Err(failing(&self.trials.build)));
        };
        let used = used(&trial, self.trials.module_bytes());
        let mut policy = least;
        set_limits(&mut policy, &mut self.reasons, &used, args.headroom);
        let policy = Policy::parse(&policy.to_toml(), "/suggestion")
            .map_err(|error| Problem::new("the suggestion is no policy").because(error))?;
        let verified = self
            .try_with(Some(&policy))
            .await?
            .is_some_and(|trial| passes(&trial) && counts(&trial) == counts(&first));
        let (tests, examples) = counts(&first);
        Ok(Ok(Suggestion {
            policy,
            denied: denied(&first),
            reasons: self.reasons,
            dropped: self.dropped,
            cases: format!("{tests} tests and {examples} examples run"),
            verified,
        }))
    }

    async fn try_with(&self, narrow: Option<&Policy>) -> anyhow::Result<Option<Trial>> {
        let trial = self.trials.run(&self.ceiling, narrow, &|_| {}, self.cancel);
        Ok(trial.await?)
    }

    /// Whether all tests and examples pass with no more than this.
    async fn enough(&self, narrow: &Policy) -> anyhow::Result<bool> {
        let trial = self.try_with(Some(narrow)).await?;
        Ok(trial.is_some_and(|trial| passes(&trial)))
    }

    /// Allows what is asked for by name; tells whether that is more than before.
    fn allow(&mut self, requests: &[CapabilityRequest]) -> bool {
        let before = self.ceiling.capabilities.clone();
        for request in requests {
            match request {
                CapabilityRequest::Environment { name, .. } => {
                    self.ceiling.capabilities.environment.insert(name.clone());
                }
                CapabilityRequest::Network { host, .. } => {
                    if let Ok(host) = host.parse::<NetworkGrant>() {
                        self.ceiling.capabilities.network.insert(host);
                    }
                }
                _ => {}
            }
        }
        self.ceiling.capabilities != before
    }

    fn because(&mut self, key: &str, reason: impl Into<String>) {
        self.reasons.insert(key.to_owned(), reason.into());
    }

    async fn clocks_and_random(&mut self, least: &mut Policy) -> anyhow::Result<()> {
        let mut reason = "what it is granted: with less, something fails";
        if least.capabilities.random == Random::Real {
            let mut less = least.clone();
            less.capabilities.random = Random::default();
            if self.enough(&less).await? {
                *least = less;
                reason = "everything passes with a seed, though it asks for more";
            }
        } else {
            reason = "it asks for no more";
        }
        self.because("capabilities.random", reason);
        let asked = least.capabilities.clocks;
        let mut reason = "with less, something fails".to_owned();
        for clocks in [Clocks::Frozen, Clocks::Virtual] {
            if clocks >= asked {
                break;
            }
            let mut less = least.clone();
            less.capabilities.clocks = clocks;
            if self.enough(&less).await? {
                *least = less;
                reason = format!(
                    "everything passes with it, though it would have {}",
                    asked.as_str()
                );
                break;
            }
        }
        self.because("capabilities.clocks", reason);
        Ok(())
    }

    async fn folders(&mut self, least: &mut Policy) -> anyhow::Result<()> {
        let asked = least.capabilities.directories.clone();
        for grant in asked {
            let key = format!("capabilities.directories.{}", grant.guest);
            let mut without = least.clone();
            without
                .capabilities
                .directories
                .retain(|it| it.guest != grant.guest);
            if self.enough(&without).await? {
                *least = without;
                self.dropped.push(format!(
                    "the folder {}: everything passes without it",
                    grant.guest
                ));
                continue;
            }
            if grant.access == Access::ReadWrite {
                let mut read = least.clone();
                for one in &mut read.capabilities.directories {
                    if one.guest == grant.guest {
                        one.access = Access::Read;
                    }
                }
                if self.enough(&read).await? {
                    *least = read;
                    self.because(
                        &key,
                        "something fails without it, and nothing where it can only be read",
                    );
                    continue;
                }
                self.because(&key, "something fails where it can only be read");
                continue;
            }
            self.because(&key, "something fails without it");
        }
        // Copies of the proposal's own files stood for them: a caller binds the real ones.
        for one in &mut least.capabilities.directories {
            one.host = HostPath::Any;
        }
        Ok(())
    }

    /// Tests and examples have no variables and no network.
    fn rest(&mut self, least: &mut Policy) {
        for name in std::mem::take(&mut least.capabilities.environment) {
            self.dropped.push(format!(
                "the variable {name}: tests and examples run without any"
            ));
        }
        for host in std::mem::take(&mut least.capabilities.network) {
            self.dropped.push(format!(
                "the network to {host}: tests and examples run without any"
            ));
        }
        self.because(
            "capabilities.environment",
            "tests and examples run without any",
        );
        self.because("capabilities.network", "tests and examples run without any");
    }
}

fn watched(stages: &[StageReport]) -> impl Iterator<Item = &StageReport> {
    stages
        .iter()
        .filter(|stage| matches!(stage.stage, StageKind::Test | StageKind::Examples))
}

/// Whether tests and examples were run, and none fails. What the manifest asks for beyond the
/// policy is no matter here.
fn passes(trial: &Trial) -> bool {
    let ran = |kind| {
        let stage = trial.stages.iter().find(|stage| stage.stage == kind);
        stage.is_some_and(|stage| stage.status != StageStatus::Skipped)
    };
    ran(StageKind::Test)
        && ran(StageKind::Examples)
        && watched(&trial.stages)
            .flat_map(|stage| &stage.findings)
            .all(|finding| finding.severity != Severity::Error)
}

/// Tests that passed and examples that held.
fn counts(trial: &Trial) -> (u64, u64) {
    (
        figure(trial, StageKind::Test, "passed_count"),
        figure(trial, StageKind::Examples, "held_count"),
    )
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "figures of a report are counts"
)]
fn figure(trial: &Trial, kind: StageKind, name: &str) -> u64 {
    let stage = trial.stages.iter().find(|stage| stage.stage == kind);
    let figure = stage.and_then(|stage| stage.metrics.get(name));
    figure.map_or(0, |figure| *figure as u64)
}

fn used(trial: &Trial, module: u64) -> Used {
    let most = |name: &str| {
        let of = |kind| figure(trial, kind, name);
        of(StageKind::Test).max(of(StageKind::Examples))
    };
    Used {
        fuel: most("most_fuel"),
        memory: most("most_memory_bytes"),
        wall_micros: most("most_wall_micros"),
        input: most("most_input_bytes"),
        output: most("most_output_bytes"),
        stderr: most("most_stderr_bytes"),
        files: most("most_files_count"),
        // Output and messages are in it too, which a report does not tell apart.
        file_bytes: if most("most_files_count") > 0 || writes(trial) {
            most("most_written_bytes")
        } else {
            0
        },
        module,
        tables: None,
    }
}

fn writes(trial: &Trial) -> bool {
    let mut folders = trial.grant.capabilities.directories.iter();
    folders.any(|grant| grant.access == Access::ReadWrite)
}

/// Everything that keeps it from passing, in words.
fn failing(stages: &[StageReport]) -> Failing {
    let errors = stages
        .iter()
        .flat_map(|stage| &stage.findings)
        .filter(|finding| finding.severity == Severity::Error);
    let mut failing: Vec<String> = errors
        .map(|finding| format!("{}: {}", finding.rule, finding.message))
        .collect();
    if failing.is_empty() {
        failing.push("tests and examples were not run".to_owned());
    }
    Failing {
        failing,
        denied: Vec::new(),
    }
}

/// What was tried and not granted although nothing failed of it.
fn denied(trial: &Trial) -> Vec<String> {
    watched(&trial.stages)
        .flat_map(|stage| &stage.findings)
        .filter(|finding| finding.rule.ends_with("/denied"))
        .map(|finding| finding.message.clone())
        .collect()
}

//! The least that a module needs.

use super::{
    Args, Failing, Found, Suggestion, Used, directory, generous, read_module, set_limits, variable,
};
use crate::cancel;
use crate::commands::block_on;
use crate::commands::run::{sandbox_for, utf8_arguments};
use crate::output::spinner;
use crate::problem::{Problem, file_problem};
use policies::{Access, Clocks, GuestPath, HostPath, Policy, Random};
use runtime::{Call, CancellationToken, Execution, Form, Observed, Outcome, Tool};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

mod copy;
mod folders;

/// One run.
struct Case {
    name: String,
    input: Vec<u8>,
}

/// What a run came to.
struct Ran {
    execution: Execution,
    observed: Observed,
}

/// What is run, over and over.
struct Subject {
    tool: Tool,
    cases: Vec<Case>,
    args: Vec<String>,
    env: Vec<(String, String)>,
    cancel: CancellationToken,
}

pub(super) fn suggest(args: &Args, path: &Path, passed_on: &[OsString]) -> anyhow::Result<Found> {
    let mut base = generous(args)?;
    let env = args
        .env
        .iter()
        .map(variable)
        .collect::<Result<Vec<_>, _>>()?;
    for dir in &args.dir {
        base.capabilities.directories.push(directory(dir)?);
    }
    base.capabilities
        .directories
        .sort_by(|a, b| a.guest.cmp(&b.guest));
    base.capabilities.environment = env.iter().map(|(name, _)| name.clone()).collect();
    base.capabilities.network = args.net.iter().cloned().collect();
    let wasm = read_module(path, base.limits.module_size)?;
    let refused = |error: &dyn std::fmt::Display| {
        Problem::new(format!("{} can't be run", path.display())).because(error.to_string())
    };
    let sandbox = sandbox_for(&base.limits)?;
    let tool = sandbox
        .load(&wasm, &base.limits)
        .map_err(|error| refused(&error))?;
    if tool.form() != Form::Command {
        return Err(Problem::new(format!(
            "{} is a component, and what components look at can't be watched yet",
            path.display()
        ))
        .remedy("give the package or proposal that it is made of, or a WASI preview 1 module")
        .into());
    }
    let inspection = validation::inspect(&wasm).map_err(|error| refused(&error))?;
    let arguments = utf8_arguments(passed_on)?;
    let cases = cases(&args.input)?;
    block_on(async {
        let subject = Subject {
            tool,
            cases,
            args: arguments,
            env,
            cancel: cancel::by_ctrl_c(),
        };
        let _watching = spinner("watching");
        let mut search = Search::new(&subject, base).await?;
        if let Some(failing) = search.failing() {
            return Ok(Err(failing));
        }
        search.clocks_and_random().await?;
        search.folders().await?;
        search.environment().await?;
        search.network();
        let elements = |(first, most): &(u64, Option<u64>)| most.unwrap_or(*first).max(*first);
        let tables = inspection.tables.iter().map(elements).max().unwrap_or(0);
        let tables = (inspection.tables.len() as u64, tables.min(1_000_000));
        search
            .suggestion(args.headroom, wasm.len() as u64, tables)
            .await
            .map(Ok)
    })
}

/// One for each input, or one without.
fn cases(inputs: &[PathBuf]) -> anyhow::Result<Vec<Case>> {
    if inputs.is_empty() {
        let name = "without input".to_owned();
        let input = Vec::new();
        return Ok(vec![Case { name, input }]);
    }
    let mut cases = Vec::new();
    for path in inputs {
        cases.push(Case {
            name: format!("with {}", path.display()),
            input: std::fs::read(path).map_err(|error| file_problem("read", path, error))?,
        });
    }
    Ok(cases)
}

impl Subject {
    /// Runs every case, each in copies of the folders that may be written.
    async fn run(&self, policy: &Policy) -> anyhow::Result<Vec<Ran>> {
        let mut all = Vec::new();
        for case in &self.cases {
            let (bound, _copies) = copy::bind(policy).await?;
            let call = Call::new(bound)
                .with_args(self.args.iter().cloned())
                .with_env(self.env.iter().cloned())
                .with_input(case.input.clone())
                .with_cancel(self.cancel.clone());
            let (execution, observed) = self.tool.observe(call).await;
            if self.cancel.is_cancelled() {
                return Err(Problem::new("it was called off")
                    .exit(crate::exit::Exit::Interrupted)
                    .into());
            }
            all.push(Ran {
                execution,
                observed,
            });
        }
        Ok(all)
    }
}

/// Whether two rounds came to the same: how each run ended, and what it printed unless that
/// changes by itself.
fn same(one: &[Ran], other: &[Ran], output_too: bool) -> bool {
    one.len() == other.len()
        && one.iter().zip(other).all(|(one, other)| {
            one.execution.outcome == other.execution.outcome
                && (!output_too || one.execution.output == other.execution.output)
        })
}

fn any(round: &[Ran], of: impl Fn(&Observed) -> bool) -> bool {
    round.iter().any(|ran| of(&ran.observed))
}

/// The search for less.
struct Search<'a> {
    subject: &'a Subject,
    /// What has been found to do so far.
    policy: Policy,
    /// The round under that.
    round: Vec<Ran>,
    /// Whether what is printed is the same in each round.
    repeatable: bool,
    reasons: BTreeMap<String, String>,
    dropped: Vec<String>,
    denied: BTreeSet<String>,
}

impl<'a> Search<'a> {
    async fn new(subject: &'a Subject, policy: Policy) -> anyhow::Result<Self> {
        let round = subject.run(&policy).await?;
        let mut denied = BTreeSet::new();
        for attempt in round.iter().flat_map(|ran| &ran.execution.denied) {
            let rule = crate::output::rule_name(attempt.rule);
            denied.insert(format!("{} {} ({rule})", attempt.what, attempt.target));
        }
        Ok(Self {
            subject,
            policy,
            round,
            repeatable: true,
            reasons: BTreeMap::new(),
            dropped: Vec::new(),
            denied,
        })
    }

    /// Runs that do not end well with all that there is.
    fn failing(&self) -> Option<Failing> {
        let failing: Vec<String> = self
            .subject
            .cases
            .iter()
            .zip(&self.round)
            .filter(|(_, ran)| ran.execution.outcome != Outcome::Success)
            .map(|(case, ran)| {
                let said = String::from_utf8_lossy(&ran.execution.stderr.bytes);
                let last = said.lines().last().unwrap_or_default();
                let how = match &ran.execution.outcome {
                    Outcome::ToolError { exit_code } => format!("exit code {exit_code}"),
                    Outcome::Trap { message }
                    | Outcome::MemoryExceeded { message }
                    | Outcome::InvalidInput { message } => message.clone(),
                    other => other.kind().as_str().to_owned(),
                };
                format!(
                    "{}: {how}{}{last}",
                    case.name,
                    if last.is_empty() { "" } else { "; " }
                )
            })
            .collect();
        (!failing.is_empty()).then(|| Failing {
            failing,
            denied: self.denied.iter().cloned().collect(),
        })
    }

    fn because(&mut self, key: &str, reason: impl Into<String>) {
        self.reasons.insert(key.to_owned(), reason.into());
    }

    /// The least randomness and the least clock, each with the other held.
    async fn clocks_and_random(&mut self) -> anyhow::Result<()> {
        let with = |policy: &Policy, clocks: Clocks, random: Random| {
            let mut policy = policy.clone();
            policy.capabilities.clocks = clocks;
            policy.capabilities.random = random;
            policy
        };
        let seeded = Random::default();
        let asked = any(&self.round, |it| it.random_requests > 0);
        let (random, reason) = if asked {
            let real = self
                .subject
                .run(&with(&self.policy, Clocks::Virtual, Random::Real))
                .await?;
            let less = self
                .subject
                .run(&with(&self.policy, Clocks::Virtual, seeded))
                .await?;
            if same(&real, &less, true) {
                (
                    seeded,
                    "it asks for random bytes, and comes to the same with a seed",
                )
            } else {
                (Random::Real, "with a seed it comes to something else")
            }
        } else {
            (seeded, "it asks for no random bytes")
        };
        self.because("capabilities.random", reason);
        let asked = any(&self.round, |it| it.clock_readings + it.waits > 0);
        let (clocks, reason) = if asked {
            let seeded = random != Random::Real;
            let real = self
                .subject
                .run(&with(&self.policy, Clocks::Real, random))
                .await?;
            let mut found = (
                Clocks::Real,
                "with any other clock it comes to something else",
            );
            for (clocks, reason) in [
                (
                    Clocks::Frozen,
                    "it looks at a clock, and comes to the same when that stands still",
                ),
                (
                    Clocks::Virtual,
                    "when its clock stands still it comes to something else",
                ),
            ] {
                let less = self
                    .subject
                    .run(&with(&self.policy, clocks, random))
                    .await?;
                if same(&real, &less, seeded) {
                    found = (clocks, reason);
                    break;
                }
            }
            found
        } else {
            (Clocks::Frozen, "it looks at no clock")
        };
        self.because("capabilities.clocks", reason);
        self.policy = with(&self.policy, clocks, random);
        self.round = self.subject.run(&self.policy).await?;
        let again = self.subject.run(&self.policy).await?;
        self.repeatable = same(&self.round, &again, true);
        Ok(())
    }

    /// Takes a narrower policy if everything comes to the same under it.
    async fn narrower(&mut self, policy: Policy) -> anyhow::Result<bool> {
        let round = self.subject.run(&policy).await?;
        let fits = same(&self.round, &round, self.repeatable);
        if fits {
            self.policy = policy;
            self.round = round;
        }
        Ok(fits)
    }

    async fn folders(&mut self) -> anyhow::Result<()> {
        let wanted = folders::wanted(&self.policy, &self.round.iter().map(|ran| &ran.observed));
        let given = self.policy.capabilities.directories.clone();
        let (mut whole, mut narrow) = (self.policy.clone(), self.policy.clone());
        whole.capabilities.directories.clear();
        narrow.capabilities.directories.clear();
        for (grant, wanted) in given.iter().zip(&wanted) {
            let Some(wanted) = wanted else {
                self.dropped
                    .push(format!("the folder {grant}: nothing in it was looked at"));
                continue;
            };
            let mut one = grant.clone();
            one.access = one.access.min(wanted.access);
            whole.capabilities.directories.push(one.clone());
            if let (HostPath::Path(host), GuestPath::Path(guest)) = (&mut one.host, &mut one.guest)
                && !wanted.below.is_empty()
            {
                let inner = host.join(&wanted.below);
                // A link would be followed by us, and not by what the guest was watched with.
                if std::fs::canonicalize(&inner).is_ok_and(|real| real == inner && real.is_dir()) {
                    *host = inner;
                    *guest = format!("{}/{}", guest.trim_end_matches('/'), wanted.below);
                }
            }
            narrow.capabilities.directories.push(one);
        }
        let inner = narrow != whole && self.narrower(narrow).await?;
        if !inner && !self.narrower(whole.clone()).await? {
            // Not even the folders as they were watched do without one another.
            self.dropped.clear();
            for grant in &given {
                let key = format!("capabilities.directories.{}", grant.guest);
                self.because(
                    &key,
                    "without it, or with less of it, it comes to something else",
                );
            }
            return Ok(());
        }
        let kept = self.policy.capabilities.directories.clone();
        for (grant, wanted) in kept.iter().zip(wanted.into_iter().flatten()) {
            let key = format!("capabilities.directories.{}", grant.guest);
            let mut reason = wanted.reason;
            if grant.access == Access::ReadWrite {
                reason = format!("changed: {reason}");
            } else {
                reason = format!("read: {reason}");
            }
            self.because(&key, reason);
        }
        Ok(())
    }

    async fn environment(&mut self) -> anyhow::Result<()> {
        let names: Vec<String> = self
            .policy
            .capabilities
            .environment
            .iter()
            .cloned()
            .collect();
        if !any(&self.round, |it| it.environment) {
            self.policy.capabilities.environment.clear();
            self.because(
                "capabilities.environment",
                "it does not look at its environment",
            );
            let dropped = names
                .iter()
                .map(|name| format!("the variable {name}: it looks at none"));
            self.dropped.extend(dropped);
            self.round = self.subject.run(&self.policy).await?;
            return Ok(());
        }
        let mut needed = Vec::new();
        for name in names {
            let mut policy = self.policy.clone();
            policy.capabilities.environment.remove(&name);
            if self.narrower(policy).await? {
                self.dropped.push(format!(
                    "the variable {name}: without it it comes to the same"
                ));
            } else {
                needed.push(name);
            }
        }
        let reason = if needed.is_empty() {
            "it looks at its environment, and comes to the same without"
        } else {
            "without each of them it comes to something else"
        };
        self.because("capabilities.environment", reason);
        Ok(())
    }

    /// Preview 1 can't open a socket.
    fn network(&mut self) {
        let hosts = std::mem::take(&mut self.policy.capabilities.network);
        let dropped = hosts
            .iter()
            .map(|host| format!("the network to {host}: a module can't call it"));
        self.dropped.extend(dropped);
        self.because("capabilities.network", "it calls no host");
    }

    async fn suggestion(
        mut self,
        headroom: super::Headroom,
        module: u64,
        tables: (u64, u64),
    ) -> anyhow::Result<Suggestion> {
        let mut used = Used {
            module,
            tables: Some(tables),
            ..Used::default()
        };
        for (case, ran) in self.subject.cases.iter().zip(&self.round) {
            let usage = &ran.execution.usage;
            for (most, one) in [
                (&mut used.fuel, usage.fuel),
                (&mut used.memory, usage.peak_memory),
                (&mut used.wall_micros, usage.wall_micros),
                (&mut used.input, case.input.len() as u64),
                (&mut used.output, ran.execution.output.len() as u64),
                (&mut used.stderr, ran.execution.stderr.bytes.len() as u64),
                (&mut used.files, usage.files_created.into()),
                (&mut used.file_bytes, ran.observed.file_bytes),
            ] {
                *most = (*most).max(one);
            }
        }
        let mut policy = self.policy.clone();
        set_limits(&mut policy, &mut self.reasons, &used, headroom);
        // As it is printed: what it says is what holds.
        let policy = Policy::parse(&policy.to_toml(), "/suggestion")
            .map_err(|error| Problem::new("the suggestion is no policy").because(error))?;
        let verified = same(
            &self.round,
            &self.subject.run(&policy).await?,
            self.repeatable,
        );
        let count = self.subject.cases.len();
        let cases: Vec<&str> = self
            .subject
            .cases
            .iter()
            .take(3)
            .map(|it| &*it.name)
            .collect();
        Ok(Suggestion {
            policy,
            reasons: self.reasons,
            dropped: self.dropped,
            denied: self.denied.into_iter().collect(),
            cases: match count {
                0..=3 => format!("run {}", cases.join(", ")),
                more => format!("run {} and {} times more", cases.join(", "), more - 3),
            },
            verified,
        })
    }
}

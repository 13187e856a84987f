//! Runs of tests and examples, looked into.

use super::{A_RUN, Context, DOING, Line};
use crate::mutation::{Block, COUNTERS, MEMORY, Source};
use crate::stages::fixtures::Bound;
use crate::stages::telling::{panic, succeeded};
use crate::stages::{examples, tests};
use crate::{Place, ValidationError};
use policies::{Bytes, Fuel, Policy, WallTime};
use runtime::{Call, Execution, Outcome, Probe, Tool};
use std::collections::BTreeSet;
use std::time::Instant;
use tokio::task::JoinSet;

/// A module that is looked into.
pub(super) struct Program {
    pub(super) tool: Tool,
    pub(super) blocks: Vec<Block>,
    /// Bytes of memory that are ours.
    pub(super) marks: u64,
    /// The names of its tests.
    pub(super) names: Vec<String>,
}

/// What is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum What {
    Test(String),
    /// By its place in the manifest, with what is written to the tool.
    Example(usize, String),
}

/// A test or an example.
pub(super) struct Case {
    /// The number of its program.
    program: usize,
    pub(super) what: What,
    /// Whether it went as it should in this form of the tool too.
    pub(super) held: bool,
    fuel: u64,
    /// Lines of the tool that it reached.
    pub(super) lines: BTreeSet<Line>,
    /// Numbers of the changes that it reached.
    pub(super) changes: BTreeSet<u32>,
}

impl Case {
    pub(super) fn test(program: usize, name: &str) -> Self {
        Self::new(program, What::Test(name.to_owned()))
    }

    pub(super) fn example(index: usize, input: String) -> Self {
        Self::new(0, What::Example(index, input))
    }

    fn new(program: usize, what: What) -> Self {
        Self {
            program,
            what,
            held: false,
            fuel: 0,
            lines: BTreeSet::new(),
            changes: BTreeSet::new(),
        }
    }

    pub(super) fn is_test(&self) -> bool {
        matches!(self.what, What::Test(_))
    }

    /// Tests first, the shorter ones before the longer.
    pub(super) fn order(&self) -> (bool, u64) {
        (!self.is_test(), self.fuel)
    }
}

/// How a run went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Went {
    /// As it should.
    Well,
    /// The tool itself broke: it panicked, trapped or came to a limit.
    Broke,
    /// What it gave is not what was asserted.
    Asserted,
}

/// A run that ended.
pub(super) struct Ended {
    execution: Execution,
    probe: Probe,
    bound: Bound,
}

/// What runs cases.
#[derive(Clone, Copy)]
pub(super) struct Runs<'a> {
    pub(super) context: Context<'a>,
    pub(super) programs: &'a [Program],
    /// The tool's lines.
    pub(super) code: &'a BTreeSet<Line>,
    pub(super) sources: &'a [Source],
}

/// Code that was not optimised does so many times the work, at most.
const SLOWER: u64 = 16;
/// A changed tool may do so many times the work of the one that was not.
const LONGER: u64 = 4;
/// And so much more.
const MORE: u64 = 2_000_000;

/// The tests of a program.
pub(super) async fn names(
    context: Context<'_>,
    program: &Program,
) -> Result<Vec<String>, ValidationError> {
    let mut limits = context.limits;
    limits.memory = Bytes(limits.memory.0.saturating_add(program.marks));
    limits.fuel = Fuel(limits.fuel.0.saturating_mul(SLOWER));
    let policy = Policy {
        limits,
        ..Policy::default()
    };
    let call = Call::new(policy).with_args(["--list", "--format", "terse"]);
    let execution = context.stage.run(&program.tool, call).await?;
    let text = String::from_utf8_lossy(&execution.output);
    let names = text.lines().filter_map(|line| line.strip_suffix(": test"));
    Ok(names
        .take(context.stage.options.max_tests)
        .map(str::to_owned)
        .collect())
}

impl Runs<'_> {
    /// Begins a run of a case with a change in force; 0 is none.
    pub(super) async fn begin<K: Send + 'static>(
        &self,
        running: &mut JoinSet<(K, Ended)>,
        key: K,
        case: &Case,
        change: u32,
    ) -> Result<(), ValidationError> {
        let mut bound = self.context.fixtures.bind().await?;
        let program = &self.programs[case.program];
        let limits = &mut bound.policy.limits;
        limits.memory = Bytes(limits.memory.0.saturating_add(program.marks));
        limits.fuel = Fuel(limits.fuel.0.saturating_mul(SLOWER));
        if change != 0 {
            let most = case.fuel.saturating_mul(LONGER).saturating_add(MORE);
            limits.fuel = limits.fuel.min(Fuel(most));
            let most = u64::try_from(A_RUN.as_millis()).unwrap_or(u64::MAX);
            limits.wall_time = limits.wall_time.min(WallTime::millis(most));
        }
        let mut call =
            Call::new(bound.policy.clone()).with_cancel(self.context.stage.cancel.clone());
        call = match &case.what {
            What::Test(name) => call.with_args(tests::arguments(name)),
            What::Example(_, input) => call.with_input(input.as_str()),
        };
        let tool = program.tool.clone();
        running.spawn(async move {
            let mut probe = Probe::of(MEMORY, change);
            let execution = tool.probe(call, &mut probe).await;
            let ended = Ended {
                execution,
                probe,
                bound,
            };
            (key, ended)
        });
        Ok(())
    }

    /// Runs each case as it is; tells whether there was time for all.
    pub(super) async fn reach(
        &self,
        cases: &mut [Case],
        until: Instant,
    ) -> Result<bool, ValidationError> {
        let mut running = JoinSet::new();
        let mut next = 0;
        loop {
            while running.len() < self.context.stage.options.parallel_runs.max(1)
                && Instant::now() < until
                && let Some(case) = cases.get(next)
            {
                self.begin(&mut running, next, case, 0).await?;
                next += 1;
            }
            let Some(ended) = in_time(&mut running, until).await? else {
                break;
            };
            self.context.stage.go_on()?;
            let (number, ended) = ended;
            let case = &mut cases[number];
            case.held = self.went(case, &ended) == Went::Well;
            // What goes otherwise in this form says nothing of what it reaches in the other.
            if case.held {
                self.read(case, &ended);
            }
        }
        Ok(next == cases.len() && running.is_empty())
    }

    fn read(&self, case: &mut Case, ended: &Ended) {
        case.fuel = ended.execution.usage.fuel;
        let marks = ended.probe.marks.get(COUNTERS..).unwrap_or_default();
        let blocks = self.programs[case.program].blocks.iter();
        for (block, _) in blocks.zip(marks).filter(|(_, mark)| **mark != 0) {
            let places = block.places.iter().filter(|it| self.code.contains(it));
            case.lines.extend(places);
            case.changes.extend(&block.changes);
        }
    }

    /// How a run of a case went.
    pub(super) fn went(&self, case: &Case, ended: &Ended) -> Went {
        let execution = &ended.execution;
        match &case.what {
            What::Test(_) => {
                if tests::has_passed(execution, ended.probe.left) {
                    return Went::Well;
                }
                if self.broke(execution) {
                    Went::Broke
                } else {
                    Went::Asserted
                }
            }
            What::Example(index, input) => {
                let Some(manifest) = self.context.manifest else {
                    return Went::Broke;
                };
                let context = examples::Context {
                    stage: self.context.stage,
                    proposal: self.context.proposal,
                    manifest,
                    contract: self.context.contract,
                    fixtures: self.context.fixtures,
                    tool: &self.programs[case.program].tool,
                    tested: true,
                };
                if context.holds(*index, input, &ended.bound.policy, execution) {
                    Went::Well
                } else if self.broke(execution) {
                    Went::Broke
                } else {
                    Went::Asserted
                }
            }
        }
    }

    /// Whether it was the tool's own code that could not go on.
    fn broke(&self, execution: &Execution) -> bool {
        if succeeded(execution) {
            return false;
        }
        if !matches!(
            execution.outcome,
            Outcome::Trap { .. } | Outcome::ToolError { .. }
        ) {
            return true;
        }
        let stderr = String::from_utf8_lossy(&execution.stderr.bytes);
        let Some(panic) = panic(&stderr, self.context.proposal) else {
            return matches!(execution.outcome, Outcome::Trap { .. });
        };
        let Some(Place::File {
            path,
            line: Some(line),
            ..
        }) = panic.place
        else {
            return false;
        };
        let file = self.sources.iter().position(|it| it.path() == path);
        let file = file.and_then(|it| u16::try_from(it).ok());
        // Lines of the tool that only panic are no lines of `code`; those of tests are not near.
        file.is_some_and(|file| {
            let around = (file, line.saturating_sub(3))..=(file, line.saturating_add(3));
            self.code.range(around).next().is_some()
        })
    }
}

/// The next run that ends; none once all have, or the time is over.
pub(super) async fn in_time<K: 'static>(
    running: &mut JoinSet<(K, Ended)>,
    until: Instant,
) -> Result<Option<(K, Ended)>, ValidationError> {
    let next = tokio::time::timeout_at(until.into(), running.join_next()).await;
    match next {
        Ok(Some(ended)) => Ok(Some(ended.map_err(ValidationError::machine(DOING))?)),
        Ok(None) | Err(_) => Ok(None),
    }
}

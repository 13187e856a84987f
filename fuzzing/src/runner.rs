//! What runs the module: a machine of our own, or the runtime where there are folders.

use crate::instrument::{Form, Plan};
use crate::machine::{Ended, Machine, Room, Stop};
use crate::oracle::CANARY;
use crate::subject::Subject;
use crate::world::{EPOCH, World};
use policies::{Clocks, Policy, Random};
use runtime::{Call, Execution, Outcome, Rule as PolicyRule};
use std::sync::Arc;
use wasmtime::Trap;

/// What was seen of one run.
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a question of its own"
)]
#[derive(Clone, Debug)]
pub(crate) struct Seen<'a> {
    pub(crate) ended: Ended,
    pub(crate) stdout: &'a [u8],
    pub(crate) stderr: &'a [u8],
    /// The work that it did, in units that are only good to compare.
    pub(crate) fuel: u64,
    pub(crate) stack: u64,
    /// Host functions by which it tried what is not allowed.
    pub(crate) denied: Vec<&'a str>,
    /// Whether it asked for more memory or table than there is.
    pub(crate) refused: bool,
    pub(crate) asked_clock: bool,
    pub(crate) asked_random: bool,
    pub(crate) asked_environment: bool,
}

/// What runs the module.
pub(crate) enum Runner<'a> {
    /// With coverage, a hundred thousand times a second.
    Machine(Box<Machine>),
    /// Through the runtime, with folders of its own for each run and without coverage.
    Runtime(Box<Slow<'a>>),
}

/// Runs through the runtime.
pub(crate) struct Slow<'a> {
    subject: &'a Subject<'a>,
    threads: &'a tokio::runtime::Runtime,
    last: Option<(Execution, Vec<String>)>,
}

/// Fuel of a run here, over that of the policy: a rewritten module does a few times the work.
const WORK: u64 = 4;
/// The most fuel that a run gets here: a tenth of a second. What would need more is rare, and
/// each would cost what ten thousand others take.
const MOST_FUEL: u64 = 60_000_000;

/// How much room a run has here under this policy.
pub(crate) fn room(policy: &Policy) -> Room {
    let limits = &policy.limits;
    let bytes = |bytes: policies::Bytes| usize::try_from(bytes.0).unwrap_or(usize::MAX);
    Room {
        fuel: limits.fuel.0.saturating_mul(WORK).min(MOST_FUEL),
        memory: bytes(limits.memory).min(1 << 30) / 65_536 * 65_536,
        table_elements: limits.table_elements as usize,
        output: bytes(limits.output),
        stderr: bytes(limits.stderr),
        ours: 0,
    }
}

impl<'a> Runner<'a> {
    /// Makes the one that fits; the text says why there is no coverage.
    pub(crate) fn new(
        subject: &'a Subject<'a>,
        policy: &Policy,
        plan: Result<&Plan, String>,
        threads: &'a tokio::runtime::Runtime,
    ) -> (Self, Option<String>) {
        let slow = |why: String| {
            let slow = Slow {
                subject,
                threads,
                last: None,
            };
            (Self::Runtime(Box::new(slow)), Some(why))
        };
        if !policy.capabilities.directories.is_empty() {
            return slow("it was granted folders, which each run has to have anew".to_owned());
        }
        let plan = match plan {
            Ok(plan) => plan,
            Err(why) => return slow(why),
        };
        match Machine::new(subject.wasm, plan, Form::Fast, room(policy)) {
            Ok(machine) => (Self::Machine(Box::new(machine)), None),
            Err(error) => slow(error.to_string()),
        }
    }

    pub(crate) fn edges(&self) -> usize {
        match self {
            Self::Machine(machine) => machine.edges(),
            Self::Runtime(_) => 0,
        }
    }

    /// Instances that were made so far.
    pub(crate) fn instances(&self) -> u64 {
        match self {
            Self::Machine(machine) => machine.instances,
            Self::Runtime(_) => 0,
        }
    }

    /// The counters of the last run; whoever reads them sets them to 0.
    pub(crate) fn counters(&mut self) -> &mut [u8] {
        match self {
            Self::Machine(machine) => machine.counters(),
            Self::Runtime(_) => &mut [],
        }
    }

    /// Runs it once; what was seen of it is [`Runner::seen`].
    pub(crate) fn run(&mut self, input: &[u8], world: &Arc<World>) {
        match self {
            Self::Machine(machine) => {
                machine.run(input, world);
            }
            Self::Runtime(slow) => slow.run(input, world),
        }
    }

    /// What was seen of the last run.
    pub(crate) fn seen(&self) -> Seen<'_> {
        match self {
            Self::Machine(machine) => {
                let (ending, guest) = (machine.last(), machine.guest());
                Seen {
                    ended: ending.ended,
                    stdout: &guest.stdout,
                    stderr: &guest.stderr,
                    fuel: ending.fuel,
                    stack: ending.stack,
                    denied: guest.denied.iter().map(|it| it.what.as_str()).collect(),
                    refused: guest.refused,
                    asked_clock: guest.asked.clock,
                    asked_random: guest.asked.random,
                    asked_environment: guest.asked.environment,
                }
            }
            Self::Runtime(slow) => slow.seen(),
        }
    }
}

impl Slow<'_> {
    fn run(&mut self, input: &[u8], world: &World) {
        let execution = match (self.subject.bind)() {
            Ok((policy, _kept)) => {
                let call = call(policy, input, world);
                self.threads.block_on(self.subject.tool.run(call))
            }
            Err(_) => Execution::ended(Outcome::Cancelled),
        };
        let denied = denied(&execution);
        self.last = Some((execution, denied));
    }

    fn seen(&self) -> Seen<'_> {
        let Some((execution, denied)) = &self.last else {
            return Seen {
                ended: Ended::Other,
                stdout: &[],
                stderr: &[],
                fuel: 0,
                stack: 0,
                denied: Vec::new(),
                refused: false,
                asked_clock: false,
                asked_random: false,
                asked_environment: false,
            };
        };
        seen(execution, denied)
    }
}

/// What was seen of a run of the runtime's.
pub(crate) fn seen<'e>(execution: &'e Execution, denied: &'e [String]) -> Seen<'e> {
    Seen {
        ended: ended(&execution.outcome),
        stdout: &execution.output,
        stderr: &execution.stderr.bytes,
        fuel: execution.usage.fuel,
        stack: stack(execution),
        denied: denied.iter().map(String::as_str).collect(),
        refused: matches!(execution.outcome, Outcome::MemoryExceeded { .. }),
        // It is not known: all worlds are tried.
        asked_clock: true,
        asked_random: true,
        asked_environment: true,
    }
}

/// A call that the runtime makes of an input and a world.
pub(crate) fn call(mut policy: Policy, input: &[u8], world: &World) -> Call {
    if world.clock != EPOCH {
        policy.capabilities.clocks = Clocks::Real;
    }
    policy.capabilities.random = Random::Seeded(world.seed);
    for (name, _) in &world.environment {
        policy.capabilities.environment.insert(name.clone());
    }
    Call::new(policy)
        .with_input(input)
        .with_env(world.environment.clone())
}

/// Host functions by which a run tried what is not allowed. Memory and tables are left out: to
/// ask for more than there is, is no attempt to get at something.
pub(crate) fn denied(execution: &Execution) -> Vec<String> {
    let tried = execution.denied.iter().filter(|denied| {
        !matches!(
            denied.rule,
            PolicyRule::Memory | PolicyRule::Tables | PolicyRule::Environment
        )
    });
    tried.map(|denied| denied.what.clone()).collect()
}

fn ended(outcome: &Outcome) -> Ended {
    match outcome {
        Outcome::Success => Ended::Success,
        Outcome::ToolError { exit_code } => Ended::Exit(*exit_code),
        Outcome::Trap { message } if message.contains("call stack exhausted") => {
            Ended::Trap(Trap::StackOverflow)
        }
        Outcome::Trap { .. } => Ended::Trap(Trap::UnreachableCodeReached),
        Outcome::MemoryExceeded { .. } => Ended::Exit(1),
        Outcome::FuelExhausted { .. } | Outcome::DeadlineExceeded { .. } => Ended::Fuel,
        Outcome::OutputExceeded { .. } => Ended::Stopped(Stop::Output),
        _ => Ended::Other,
    }
}

/// Tells stacks apart, as the machine's does.
pub(crate) fn stack(execution: &Execution) -> u64 {
    let mut functions: Vec<u32> = Vec::new();
    for frame in &execution.backtrace {
        if !functions.contains(&frame.index) {
            functions.push(frame.index);
        }
    }
    let bytes: Vec<u8> = functions.iter().flat_map(|it| it.to_le_bytes()).collect();
    crate::machine::hash(&bytes)
}

/// The world of an ordinary run of this subject: each variable that it asked for has a value
/// that would be known again.
pub(crate) fn usual_world(subject: &Subject<'_>, seed: u64) -> World {
    let variables = subject.spec.environment.iter();
    World::usual(
        variables
            .map(|name| (name.clone(), format!("{CANARY}-{name}")))
            .collect(),
        seed,
    )
}

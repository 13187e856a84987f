//! Thousands of calls that wait on the clock, or on somebody who does not read their output: what
//! each keeps in memory, and what they cost a neighbour.
//!
//! All of it happens in a process of its own, whose memory nothing else has touched before.

use crate::call::policy;
use crate::figure::{Figure, Reach, number};
use crate::guest::{self, SUMS};
use crate::memory::{Resident, touched_by_waiting};
use crate::stats::{Summary, micros};
use anyhow::{Context as _, Result, ensure};
use policies::{Clocks, Fuel, Policy, WallTime};
use runtime::{Call, Chunk, Outcome, Sandbox, SandboxConfig, Tool};
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, JoinSet};

/// The first argument of a process that is [`process`].
pub(crate) const PROCESS: &str = "waiting";

/// Room for those that do not wait.
const NEIGHBOURS: u32 = 64;
/// For ever, a second at a time: each that waits wakes now and then.
const WAIT: &[u8] = b"1000000 1000";
/// More lines than anybody has room for.
const LINES: &[u8] = b"1000000";
/// Pieces of output on their way to whoever called, as many as a service lets wait.
const PIECES: usize = 16;
const STEPS: &[u8] = b"5000000";

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) waiting: u32,
    pub(crate) calls: usize,
}

/// What the calls wait on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum On {
    /// Time that passes.
    Clock,
    /// A reader of their output who does not read it.
    Stream,
}

impl On {
    fn name(self) -> &'static str {
        match self {
            Self::Clock => "clock",
            Self::Stream => "stream",
        }
    }

    fn guest(self) -> Result<guest::Guest> {
        match self {
            Self::Clock => guest::wait(),
            Self::Stream => guest::talk(),
        }
    }

    fn input(self) -> &'static [u8] {
        match self {
            Self::Clock => WAIT,
            Self::Stream => LINES,
        }
    }

    /// What its guest calls when it begins to wait, and which call of it that is.
    fn waits_in(self) -> (&'static str, usize) {
        match self {
            Self::Clock => ("poll_oneoff", 1),
            Self::Stream => ("fd_write", PIECES + 1),
        }
    }
}

/// What the process found.
#[derive(Debug, Serialize, Deserialize)]
struct Found {
    one: Resident,
    all: Resident,
    /// Bytes of the guest's memory that are there when it waits.
    touched: u64,
    short_alone: Vec<f64>,
    short_beside: Vec<f64>,
    spin_alone: Vec<f64>,
    spin_beside: Vec<f64>,
}

/// Measures, and prints what it found as JSON.
pub(crate) fn process(args: &[String]) -> Result<()> {
    let [on, waiting, calls, folder] = args else {
        anyhow::bail!("{PROCESS} ON WAITING CALLS FOLDER");
    };
    let on = [On::Clock, On::Stream]
        .into_iter()
        .find(|known| known.name() == on)
        .context("ON is `clock` or `stream`")?;
    let size = Size {
        waiting: waiting.parse()?,
        calls: calls.parse()?,
    };
    let read = |name: &str| std::fs::read(Path::new(folder).join(name));
    let wait = read("waiting")?;
    let found = tokio::runtime::Runtime::new()?.block_on(measure(
        on,
        size,
        &wait,
        &read("orders")?,
        &read("spin")?,
    ))?;
    println!("{}", serde_json::to_string(&found)?);
    Ok(())
}

async fn measure(on: On, size: Size, wait: &[u8], orders: &[u8], spin: &[u8]) -> Result<Found> {
    let touched = touched_by_waiting(wait, on.input(), on.waits_in())?;
    let mut config = SandboxConfig::default();
    config.max_concurrent_calls = size.waiting + NEIGHBOURS;
    let sandbox = Sandbox::new(&config)?;
    let load = |wasm| sandbox.load(wasm, &policy().limits);
    let (tool, orders, spin) = (load(wait)?, load(orders)?, load(spin)?);
    // Everything that is made once is made before.
    shorts(&orders, size.calls / 10 + 1).await?;
    spins(&spin, 2).await?;
    let short_alone = shorts(&orders, size.calls).await?;
    let spin_alone = spins(&spin, size.calls / 100 + 1).await?;

    let mut waiting = Waiting::new(tool, on);
    waiting.until(1).await?;
    let one = Resident::now()?;
    waiting.until(size.waiting).await?;
    let all = Resident::now()?;
    let short_beside = shorts(&orders, size.calls).await?;
    let spin_beside = spins(&spin, size.calls / 100 + 1).await?;
    waiting.end().await?;
    Ok(Found {
        one,
        all,
        touched,
        short_alone,
        short_beside,
        spin_alone,
        spin_beside,
    })
}

/// Calls that wait.
struct Waiting {
    tool: Tool,
    on: On,
    policy: Policy,
    calls: JoinSet<Outcome>,
    /// The ends of the streams that nobody reads.
    unread: Vec<mpsc::Receiver<Chunk>>,
}

impl Waiting {
    fn new(tool: Tool, on: On) -> Self {
        let mut policy = policy();
        policy.capabilities.clocks = Clocks::Real;
        policy.limits.wall_time = WallTime::secs(3600);
        Self {
            tool,
            on,
            policy,
            calls: JoinSet::new(),
            unread: Vec::new(),
        }
    }

    /// Starts as many as are missing, and comes back when all of them wait.
    async fn until(&mut self, count: u32) -> Result<()> {
        while self.calls.len() < count as usize {
            let (tool, policy) = (self.tool.clone(), self.policy.clone());
            let room = match self.on {
                On::Clock => 1,
                On::Stream => PIECES,
            };
            let (sender, mut said) = mpsc::channel(room);
            let full = sender.downgrade();
            let input = self.on.input();
            self.calls.spawn(async move {
                let call = Call::new(policy).with_input(input).with_live(sender);
                tool.run(call).await.outcome
            });
            match self.on {
                // The guest says a word before it waits.
                On::Clock => {
                    let word = said.recv().await;
                    word.context("a call ended instead of waiting")?;
                }
                On::Stream => {
                    while full.upgrade().context("a call ended")?.capacity() > 0 {
                        tokio::task::yield_now().await;
                    }
                    self.unread.push(said);
                }
            }
        }
        // The last one has said its word and is on its way to wait.
        tokio::time::sleep(Duration::from_millis(50)).await;
        ensure!(self.calls.try_join_next().is_none(), "a call did not wait");
        Ok(())
    }

    async fn end(mut self) -> Result<()> {
        ensure!(self.calls.try_join_next().is_none(), "a call did not wait");
        self.calls.shutdown().await;
        Ok(())
    }
}

/// Short calls, one after the other.
async fn shorts(tool: &Tool, calls: usize) -> Result<Vec<f64>> {
    let (tool, policy, input) = (tool.clone(), policy(), guest::order());
    // In a task, where a service's calls are too.
    let task: JoinHandle<Result<Vec<f64>>> = tokio::spawn(async move {
        let mut times = Vec::new();
        for _ in 0..calls {
            let begin = Instant::now();
            let call = Call::new(policy.clone()).with_input(input.clone());
            let execution = tool.run(call).await;
            times.push(micros(begin.elapsed()));
            ensure!(execution.output.trim_ascii_end() == SUMS, "{execution:?}");
            tokio::task::yield_now().await;
        }
        Ok(times)
    });
    task.await?
}

/// Calls that only work, one after the other.
async fn spins(tool: &Tool, calls: usize) -> Result<Vec<f64>> {
    let (tool, mut policy) = (tool.clone(), policy());
    policy.limits.fuel = Fuel(1 << 50);
    policy.limits.wall_time = WallTime::secs(60);
    let task: JoinHandle<Result<Vec<f64>>> = tokio::spawn(async move {
        let mut times = Vec::new();
        for _ in 0..calls {
            let begin = Instant::now();
            let call = Call::new(policy.clone()).with_input(STEPS);
            let execution = tool.run(call).await;
            times.push(micros(begin.elapsed()));
            ensure!(execution.outcome == Outcome::Success, "{execution:?}");
        }
        Ok(times)
    });
    task.await?
}

/// The same from outside: starts the process and makes figures of what it found.
pub(crate) fn figures(on: On, size: Size) -> Result<Vec<Figure>> {
    let folder = tempfile::tempdir()?;
    for guest in [guest::orders()?, guest::spin()?] {
        std::fs::write(folder.path().join(guest.name), guest.wasm)?;
    }
    std::fs::write(folder.path().join("waiting"), on.guest()?.wasm)?;
    let output = Command::new(std::env::current_exe()?)
        .args([
            PROCESS,
            on.name(),
            &size.waiting.to_string(),
            &size.calls.to_string(),
        ])
        .arg(folder.path())
        .stderr(Stdio::inherit())
        .output()?;
    ensure!(output.status.success(), "the process: {}", output.status);
    let found: Found = serde_json::from_slice(&output.stdout)?;
    Ok(vec![memory(on, size, &found), neighbours(on, &found)])
}

#[allow(clippy::cast_precision_loss, reason = "sizes of memory")]
fn memory(on: On, size: Size, found: &Found) -> Figure {
    let kib = |bytes: u64| bytes as f64 / 1024.0;
    let each = |one: u64, all: u64| {
        kib(all.saturating_sub(one)) / f64::from(size.waiting.saturating_sub(1).max(1))
    };
    let all = each(found.one.sum(), found.all.sum());
    let beyond = all - kib(found.touched);
    let reach = Reach::AtMost(96.0);
    Figure {
        name: match on {
            On::Clock => "waiting-memory",
            On::Stream => "waiting-stream-memory",
        },
        what: match on {
            On::Clock => {
                "resident memory of each of thousands of calls that wait on the clock, KiB beyond \
                 the pages that its guest touched"
            }
            On::Stream => {
                "the same of calls whose output nobody reads, once no more of it is taken"
            }
        },
        beside: "one such call",
        unit: "KiB",
        sides: vec![
            Summary::new("each that waits, in all", vec![all]),
            Summary::new("of it touched by the guest", vec![kib(found.touched)]),
        ],
        ratio: beyond,
        met: reach.met_by(beyond),
        reach,
        notes: vec![format!(
            "{} calls; the process has {} MiB with one and {} MiB with all; of each call's share \
             {} KiB are the kernel's page tables; the ratio's column has KiB",
            size.waiting,
            number(kib(found.one.sum()) / 1024.0),
            number(kib(found.all.sum()) / 1024.0),
            number(each(found.one.tables, found.all.tables)),
        )],
    }
}

fn neighbours(on: On, found: &Found) -> Figure {
    let sides = [
        ("short calls beside those that wait", &found.short_beside),
        ("alone", &found.short_alone),
    ]
    .map(|(name, times)| Summary::new(name, times.clone()));
    let ratio = sides[0].p99 / sides[1].p99;
    let reach = Reach::AtMost(3.0);
    let [beside, alone] =
        [&found.spin_beside, &found.spin_alone].map(|times| Summary::new("", times.clone()).median);
    Figure {
        name: match on {
            On::Clock => "waiting-neighbours",
            On::Stream => "waiting-stream-neighbours",
        },
        what: match on {
            On::Clock => {
                "p99 of short calls while thousands wait, each of which wakes every second"
            }
            On::Stream => "p99 of short calls while thousands wait for somebody to read",
        },
        beside: "the same calls without them",
        unit: "µs",
        sides: sides.into(),
        ratio,
        met: reach.met_by(ratio),
        reach,
        notes: vec![format!(
            "a neighbour that only works took {} µs beside them and {} µs alone (median)",
            number(beside),
            number(alone)
        )],
    }
}

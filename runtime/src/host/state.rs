//! What a run has and has done so far.

use crate::call::{Call, Chunk};
use crate::execution::{Captured, DeniedAttempt, Execution, Frame, Outcome, Rule, Usage};
use crate::host::sight::Sight;
use crate::limiter::Limiter;
use crate::sandbox::Largest;
use policies::{Access, Clocks, GuestPath, HostPath, Limits, Random};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use wasmtime_wasi::p1::WasiP1Ctx;
use wasmtime_wasi::p2::pipe::MemoryInputPipe;
use wasmtime_wasi::{FsPerms, WasiCtxBuilder};

/// Ends the run from inside a host function.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Stop {
    /// More output than allowed.
    #[error("more was written to standard output than is allowed")]
    Output,
}

/// What a file descriptor is to us; wasmtime-wasi knows the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Stdout,
    Stderr,
    File,
}

/// What a run has and has done so far.
pub(crate) struct State {
    pub(crate) wasi: WasiP1Ctx,
    pub(crate) limiter: Limiter,
    pub(crate) limits: Limits,
    pub(crate) clocks: Clocks,
    /// The seeded generator's state; `None` where randomness is the system's.
    pub(crate) seed: Option<u64>,
    /// Nanoseconds since the virtual clock's start.
    pub(crate) virtual_nanos: u64,
    pub(crate) descriptors: BTreeMap<i32, Kind>,
    /// What the guest called the files that it has open, for records.
    pub(crate) names: BTreeMap<i32, String>,
    /// Those that `fd_seek` has moved.
    pub(crate) sought: BTreeSet<i32>,
    pub(crate) output: Vec<u8>,
    pub(crate) stderr: Captured,
    pub(crate) live: Option<mpsc::Sender<Chunk>>,
    pub(crate) usage: Usage,
    pub(crate) file_bytes: u64,
    pub(crate) sight: Sight,
    /// When others last had their turn.
    turn: Instant,
    denied: Vec<DeniedAttempt>,
}

impl State {
    /// Opens what the policy grants. An error says which folder can't be opened.
    pub(crate) fn new(call: Call, largest: Largest) -> Result<Self, String> {
        let Call {
            args,
            env,
            input,
            policy,
            live,
            ..
        } = call;
        let mut denied = Vec::new();
        let mut builder = WasiCtxBuilder::new();
        builder
            .arg("tool")
            .args(&args)
            .stdin(MemoryInputPipe::new(input));
        for (name, value) in &env {
            if policy.capabilities.environment.contains(name) {
                builder.env(name, value);
            } else {
                denied.push(DeniedAttempt {
                    what: "environment".to_owned(),
                    target: name.clone(),
                    rule: Rule::Environment,
                });
            }
        }
        for grant in &policy.capabilities.directories {
            let (HostPath::Path(host), GuestPath::Path(guest)) = (&grant.host, &grant.guest) else {
                continue;
            };
            let access = match grant.access {
                Access::Read => FsPerms::ReadOnly,
                Access::ReadWrite => FsPerms::ReadWrite,
            };
            builder.preopened_dir(host, guest, access).map_err(|error| {
                format!(
                    "the folder {} for the guest's {guest} can't be opened: {error:#}; see that \
                     it exists and may be read",
                    host.display()
                )
            })?;
        }
        let usage = Usage {
            denied: denied.len() as u64,
            ..Usage::default()
        };
        denied.truncate(Execution::MAX_DENIED);
        Ok(Self {
            wasi: builder.build_p1(),
            limiter: Limiter::new(&policy.limits, largest),
            limits: policy.limits,
            clocks: policy.capabilities.clocks,
            seed: match policy.capabilities.random {
                Random::Seeded(seed) => Some(seed),
                Random::Real => None,
            },
            virtual_nanos: 0,
            descriptors: BTreeMap::from([(1, Kind::Stdout), (2, Kind::Stderr)]),
            names: BTreeMap::new(),
            sought: BTreeSet::new(),
            output: Vec::new(),
            stderr: Captured::default(),
            live,
            usage,
            file_bytes: 0,
            sight: Sight::default(),
            turn: Instant::now(),
            denied,
        })
    }

    /// Lets others have their turn (the deadline and cancellation too) after a while. Fuel sees
    /// to that while the guest works; in host functions the host does.
    pub(crate) async fn give_way(&mut self) {
        const WHILE: Duration = Duration::from_millis(1);
        if self.turn.elapsed() > WHILE {
            tokio::task::yield_now().await;
            self.turn = Instant::now();
        }
    }

    /// Records an attempt that was denied.
    pub(crate) fn deny(&mut self, what: &str, target: String, rule: Rule) {
        self.usage.denied += 1;
        if self.denied.len() < Execution::MAX_DENIED {
            self.denied.push(DeniedAttempt {
                what: what.to_owned(),
                target,
                rule,
            });
        }
    }

    pub(crate) fn into_execution(
        mut self,
        outcome: Outcome,
        backtrace: Vec<Frame>,
        measure: impl FnOnce(&mut Usage),
    ) -> Execution {
        measure(&mut self.usage);
        self.usage.peak_memory = self.limiter.peak as u64;
        self.usage.denied += self.limiter.denied_count;
        self.denied.append(&mut self.limiter.denied);
        self.denied.truncate(Execution::MAX_DENIED);
        let shown = usize::try_from(self.limits.stdout.0).unwrap_or(usize::MAX);
        Execution {
            outcome,
            stdout: Captured {
                bytes: self.output[..self.output.len().min(shown)].to_vec(),
                truncated: self.output.len() > shown,
            },
            output: self.output,
            stderr: self.stderr,
            usage: self.usage,
            denied: self.denied,
            backtrace,
        }
    }
}

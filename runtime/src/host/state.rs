//! What a run has and has done so far.

use crate::call::{Call, Chunk, LiveInput};
use crate::component::{Networking, Parts};
use crate::execution::{Captured, DeniedAttempt, Execution, Frame, Outcome, Rule, Usage};
use crate::host::quick::Work;
use crate::host::sight::Sight;
use crate::limiter::Limiter;
use crate::network::Outside;
use crate::record::{Tape, Told};
use crate::sandbox::Largest;
use policies::{Access, Clocks, DirectoryGrant, GuestPath, HostPath, Limits, Random};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use wasmtime::Memory;
use wasmtime_wasi::p1::WasiP1Ctx;
use wasmtime_wasi::p1::wasi_snapshot_preview1::WasiSnapshotPreview1 as _;
use wasmtime_wasi::p2::pipe::MemoryInputPipe;
use wasmtime_wasi::{FsPerms, WasiCtxBuilder};

/// Ends the run from inside a host function.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Stop {
    /// More output than allowed.
    #[error("more was written to standard output than is allowed")]
    Output,
    /// More resources at once than any run may hold.
    #[error("more than {0} resources (files, streams, pollables, …) were held at once")]
    Resources(usize),
    /// More input than allowed came while the run went on; that many bytes.
    #[error("more came on standard input than is allowed")]
    Input(usize),
    /// Input that came while the run went on is no text, from that byte on.
    #[error("the input is not UTF-8")]
    NoText(usize),
    /// The time was over while the host was waited for.
    #[error("the run's time is over")]
    Deadline,
    /// The run was called off while the host was waited for.
    #[error("the run was called off")]
    Cancelled,
}

/// For how long a run waits, where it waits in the middle of a host call.
#[derive(Clone)]
pub(crate) struct Patience {
    pub(crate) until: Instant,
    pub(crate) cancel: CancellationToken,
}

/// What a file descriptor is to us; wasmtime-wasi knows the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Stdin,
    Stdout,
    Stderr,
    File,
}

/// What each open descriptor is. The standard streams, which all programs have, have places of
/// their own: to make and drop a map of three takes as long as calling the host does.
pub(crate) struct Descriptors {
    standard: [Option<Kind>; 3],
    others: BTreeMap<i32, Kind>,
}

impl Default for Descriptors {
    fn default() -> Self {
        Self {
            standard: [Kind::Stdin, Kind::Stdout, Kind::Stderr].map(Some),
            others: BTreeMap::new(),
        }
    }
}

impl Descriptors {
    pub(crate) fn get(&self, fd: i32) -> Option<Kind> {
        match usize::try_from(fd).map(|fd| self.standard.get(fd)) {
            Ok(Some(kind)) => *kind,
            _ => self.others.get(&fd).copied(),
        }
    }

    /// Sets what a descriptor is, or that it is none, and gives what it was.
    pub(crate) fn set(&mut self, fd: i32, kind: Option<Kind>) -> Option<Kind> {
        if let Ok(Some(place)) = usize::try_from(fd).map(|fd| self.standard.get_mut(fd)) {
            return std::mem::replace(place, kind);
        }
        match kind {
            Some(kind) => self.others.insert(fd, kind),
            None => self.others.remove(&fd),
        }
    }

    /// How many are open, folders that were granted not counted.
    pub(crate) fn len(&self) -> usize {
        self.standard.iter().flatten().count() + self.others.len()
    }
}

/// What one guest call can make the host copy, in bytes: the engine's own default.
const COPY_LIMIT: usize = 128 << 20;

/// Arguments and environment.
pub(crate) struct Words {
    /// After the program's name.
    pub(crate) args: Vec<String>,
    pub(crate) env: Vec<(String, String)>,
}

impl Words {
    /// The program's name, as the guest sees it.
    pub(crate) const PROGRAM: &str = "tool";

    /// For wasmtime-wasi. Standard input is read by us, so it has an empty one, which like ours
    /// can always be read.
    fn builder(&self) -> WasiCtxBuilder {
        let mut builder = WasiCtxBuilder::new();
        builder
            .arg(Self::PROGRAM)
            .args(&self.args)
            .envs(&self.env)
            .stdin(MemoryInputPipe::new(Vec::new()));
        builder
    }
}

/// Opens the folders that are granted. An error says which one can't be opened.
fn open(builder: &mut WasiCtxBuilder, grants: &[DirectoryGrant]) -> Result<(), String> {
    for grant in grants {
        let (HostPath::Path(host), GuestPath::Path(guest)) = (&grant.host, &grant.guest) else {
            continue;
        };
        let access = match grant.access {
            Access::Read => FsPerms::ReadOnly,
            Access::ReadWrite => FsPerms::ReadWrite,
        };
        builder
            .preopened_dir(host, guest, access)
            .map_err(|error| {
                format!(
                    "the folder {} for the guest's {guest} can't be opened: {error:#}; see that it \
                 exists and may be read",
                    host.display()
                )
            })?;
    }
    Ok(())
}

/// What a run has and has done so far.
pub(crate) struct State {
    /// wasmtime-wasi's part: made when a folder is granted, or once the guest calls something
    /// that is not ours. Most tools never do, and it takes as long as a tenth of a short call.
    wasi: Option<Box<WasiP1Ctx>>,
    /// Whether the guest can have a folder or a file: one was granted, or something was called
    /// that could give it one.
    pub(super) may_have_files: bool,
    /// Records the run, or stands for its outside.
    pub(crate) tape: Option<Tape>,
    /// What only components have.
    pub(crate) parts: Parts,
    /// Arguments and environment, as the guest sees them.
    pub(crate) words: Words,
    pub(crate) input: Vec<u8>,
    /// How much of the input was read.
    pub(crate) input_read: usize,
    /// Bytes of input that came and were read before what `input` holds.
    pub(crate) input_before: usize,
    /// Where more of it comes from; `None` once it has ended.
    pub(crate) live_input: Option<LiveInput>,
    /// The guest's memory, once it was looked up.
    pub(crate) memory: Option<Memory>,
    pub(crate) limiter: Limiter,
    pub(crate) limits: Limits,
    pub(crate) clocks: Clocks,
    /// The seeded generator's state; `None` where randomness is the system's.
    pub(crate) seed: Option<u64>,
    /// Nanoseconds since the virtual clock's start.
    pub(crate) virtual_nanos: u64,
    /// Whether the guest called `proc_exit`.
    pub(crate) left: bool,
    pub(crate) descriptors: Descriptors,
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
    /// What was done in functions that can't give way.
    pub(crate) work: Work,
    /// When others last had their turn.
    turn: Instant,
    pub(crate) patience: Patience,
    denied: Vec<DeniedAttempt>,
}

impl State {
    /// Opens what the policy grants. An error says which folder can't be opened.
    pub(crate) fn new(
        call: Call,
        largest: Largest,
        begin: Instant,
        component: bool,
        outside: Arc<dyn Outside>,
        tape: Option<Tape>,
    ) -> Result<Self, String> {
        let Call {
            args,
            env,
            input,
            live_input,
            policy,
            live,
            cancel,
        } = call;
        let mut denied = Vec::new();
        let mut allowed = Vec::new();
        for (name, value) in env {
            if policy.capabilities.environment.contains(&name) {
                allowed.push((name, value));
            } else {
                denied.push(DeniedAttempt {
                    what: "environment".to_owned(),
                    target: name,
                    rule: Rule::Environment,
                });
            }
        }
        let words = Words { args, env: allowed };
        let limits = &policy.limits;
        let grants = policy.capabilities.network;
        let outside = match &tape {
            Some(tape) if component => Arc::new(Told::new(outside, tape.clone())),
            _ => outside,
        };
        let networking = Networking::new(grants, limits, outside, begin, tape.clone());
        let mut parts = Parts::new(networking);
        let may_have_files = !policy.capabilities.directories.is_empty();
        let mut set_up = || {
            if !may_have_files {
                return Ok(None);
            }
            let mut builder = words.builder();
            open(&mut builder, &policy.capabilities.directories)?;
            if component {
                parts.give_files(builder.build());
                return Ok(None);
            }
            Ok(Some(Box::new(builder.build_p1())))
        };
        let (wasi, largest) = match &tape {
            None => (set_up()?, largest),
            Some(tape) => (
                tape.open(&policy.capabilities.directories, set_up)?
                    .flatten(),
                tape.largest(largest),
            ),
        };
        if component && may_have_files && tape.as_ref().is_some_and(Tape::replays) {
            parts.promise_files();
        }
        let usage = Usage {
            denied: denied.len() as u64,
            ..Usage::default()
        };
        denied.truncate(Execution::MAX_DENIED);
        Ok(Self {
            wasi,
            may_have_files,
            tape,
            parts,
            words,
            input,
            input_read: 0,
            input_before: 0,
            live_input,
            memory: None,
            limiter: Limiter::new(&policy.limits, largest),
            limits: policy.limits,
            clocks: policy.capabilities.clocks,
            seed: match policy.capabilities.random {
                Random::Seeded(seed) => Some(seed),
                Random::Real => None,
            },
            virtual_nanos: 0,
            left: false,
            descriptors: Descriptors::default(),
            names: BTreeMap::new(),
            sought: BTreeSet::new(),
            output: Vec::new(),
            stderr: Captured::default(),
            live,
            usage,
            file_bytes: 0,
            sight: Sight::default(),
            work: Work::default(),
            turn: begin,
            patience: Patience {
                until: begin
                    .checked_add(limits.wall_time.as_duration())
                    .unwrap_or(begin),
                cancel,
            },
            denied,
        })
    }

    /// wasmtime-wasi's part, with room to copy for one call from the guest.
    pub(crate) fn wasi(&mut self) -> &mut WasiP1Ctx {
        let words = &self.words;
        self.may_have_files = true;
        let wasi = self
            .wasi
            .get_or_insert_with(|| Box::new(words.builder().build_p1()));
        wasi.set_hostcall_fuel(COPY_LIMIT);
        wasi
    }

    /// Whether the guest can have no folder and no file.
    pub(crate) fn has_no_files(&self) -> bool {
        !self.may_have_files
    }

    /// Lets others have their turn (the deadline and cancellation too) after a while. Fuel sees
    /// to that while the guest works; in host functions the host does.
    ///
    /// What a guest without files can call takes microseconds each time (and random bytes, which
    /// may be many, give way by themselves), so the clock is looked at now and then only.
    pub(crate) async fn give_way(&mut self) {
        const NOW_AND_THEN: u64 = 16;
        if self.has_no_files() && !self.usage.host_calls.is_multiple_of(NOW_AND_THEN) {
            return;
        }
        self.give_way_by_the_clock().await;
    }

    /// The same, whatever was called.
    pub(crate) async fn give_way_by_the_clock(&mut self) {
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

    /// What happened, taken out of the state where it is: it is too large to be moved for that.
    pub(crate) fn take_execution(
        &mut self,
        outcome: Outcome,
        backtrace: Vec<Frame>,
        measure: impl FnOnce(&mut Usage),
    ) -> Execution {
        measure(&mut self.usage);
        if let Some(tape) = &self.tape {
            tape.close();
        }
        self.usage.peak_memory = self.limiter.peak as u64;
        self.usage.denied += self.limiter.denied_count;
        self.denied.append(&mut self.limiter.denied);
        if let Some(network) = self.parts.networking.used() {
            network.close(&mut self.usage, &mut self.denied);
        }
        self.denied.truncate(Execution::MAX_DENIED);
        let shown = usize::try_from(self.limits.stdout.0).unwrap_or(usize::MAX);
        let output = std::mem::take(&mut self.output);
        Execution {
            outcome,
            stdout: Captured {
                bytes: output[..output.len().min(shown)].to_vec(),
                truncated: output.len() > shown,
            },
            output,
            stderr: std::mem::take(&mut self.stderr),
            usage: std::mem::take(&mut self.usage),
            denied: std::mem::take(&mut self.denied),
            backtrace,
        }
    }
}

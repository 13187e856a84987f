//! A run as it is kept, and running it again.

use super::calls::Calls;
use super::compare::{Divergence, Replayed, Verdict, differences};
use super::observe::Observed;
use super::player::Stopped;
use super::tape::{Reel, Tape};
use crate::sandbox::Largest;
use crate::{
    Call, Chunk, DeniedAttempt, Digest, Execution, Form, Outcome, Stream, Tool, Usage,
    WASMTIME_VERSION,
};
use policies::{Bytes, Capabilities, Fuel, HostPath, Policy, WallTime};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// One run with all that it was told by its outside.
///
/// It holds what the guest read: files, variables, input. Whoever has it has those.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    pub(super) content: Content,
}

/// Why there is no recording of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotRecorded {
    /// It would be larger than was allowed.
    #[error(
        "what the run was told by its outside is more than {limit}, which is what may be kept of \
         it; allow more, or let it read less"
    )]
    TooLarge {
        /// What was allowed.
        limit: Bytes,
    },
    /// It used the network by WASI 0.3.
    #[error(
        "the run used the network by WASI 0.3, and recordings hold that of WASI 0.2 only; run it \
         without a recording, or build the component for WASI 0.2"
    )]
    Network,
}

/// What is written down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Content {
    pub(super) made_by: String,
    pub(super) engine: String,
    pub(super) machine: String,
    pub(super) module_digest: Digest,
    pub(super) module_bytes: u64,
    #[serde(with = "serde_bytes")]
    pub(super) module: Option<Vec<u8>>,
    /// The effective policy, without where its folders are.
    pub(super) policy: Policy,
    pub(super) largest_memory: Bytes,
    pub(super) largest_table: u32,
    pub(super) args: Vec<String>,
    /// Of variables that the policy does not allow the values are crossed out.
    pub(super) env: Vec<(String, String)>,
    #[serde(with = "serde_bytes")]
    pub(super) input: Vec<u8>,
    /// Why a folder could not be opened.
    pub(super) opening: Option<String>,
    /// The functions that answers are from, by number.
    pub(super) functions: Vec<String>,
    pub(super) calls: Calls,
    pub(super) answers: Vec<Answer>,
    pub(super) end: End,
}

/// One answer from outside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Tuple", from = "Tuple")]
pub(super) struct Answer {
    /// During which host call, from 1.
    pub(super) call: u64,
    /// Whose, by its number.
    pub(super) function: u16,
    /// WASI's error number.
    pub(super) errno: i32,
    /// The error that ended the run instead.
    pub(super) trap: Option<String>,
    /// What was written into the guest's memory.
    pub(super) bytes: Vec<u8>,
}

/// An answer without the names of its fields, of which there can be a million.
#[derive(Serialize, Deserialize)]
struct Tuple(u64, u16, i32, Option<String>, serde_bytes::ByteBuf);

impl From<Tuple> for Answer {
    fn from(Tuple(call, function, errno, trap, bytes): Tuple) -> Self {
        Self {
            call,
            function,
            errno,
            trap,
            bytes: bytes.into_vec(),
        }
    }
}

impl From<Answer> for Tuple {
    fn from(it: Answer) -> Self {
        Self(it.call, it.function, it.errno, it.trap, it.bytes.into())
    }
}

/// How a run ended, as far as that can be the same again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct End {
    /// Whether an instance was made.
    pub(super) began: bool,
    /// Whether it was in a host call.
    pub(super) in_call: bool,
    pub(super) outcome: Outcome,
    pub(super) output: Digest,
    pub(super) output_bytes: u64,
    pub(super) stderr: Digest,
    pub(super) stderr_bytes: u64,
    pub(super) stderr_truncated: bool,
    pub(super) usage: Usage,
    pub(super) denied: Vec<DeniedAttempt>,
}

impl End {
    pub(super) fn of(execution: &Execution, in_call: bool, began: bool) -> Self {
        Self {
            began,
            in_call,
            outcome: execution.outcome.clone(),
            output: Digest::of(&execution.output),
            output_bytes: execution.output.len() as u64,
            stderr: Digest::of(&execution.stderr.bytes),
            stderr_bytes: execution.stderr.bytes.len() as u64,
            stderr_truncated: execution.stderr.truncated,
            usage: execution.usage,
            denied: execution.denied.clone(),
        }
    }

    /// Whether it was ended from outside, which no recording can do again: neither the clock nor
    /// whoever called it off is there. A replay ends at the same place instead.
    pub(super) fn was_interrupted(&self) -> bool {
        matches!(
            self.outcome,
            Outcome::DeadlineExceeded { .. } | Outcome::Cancelled
        )
    }
}

impl Recording {
    /// What is kept of a run where nobody says otherwise: 64 MiB.
    pub const DEFAULT_LIMIT: Bytes = Bytes::mib(64);

    /// The SHA-256 of the module that ran.
    pub fn module_digest(&self) -> &Digest {
        &self.content.module_digest
    }

    /// The module, if the recording holds it.
    pub fn module(&self) -> Option<&[u8]> {
        self.content.module.as_deref()
    }

    /// The module, if the recording holds it, which it then no longer does.
    pub fn take_module(&mut self) -> Option<Vec<u8>> {
        self.content.module.take()
    }

    /// The same with the module in it, so that nothing else is needed to replay it; bytes that
    /// are not that module's are left out.
    #[must_use]
    pub fn with_module(mut self, module: Vec<u8>) -> Self {
        if Digest::of(&module) == self.content.module_digest {
            self.content.module = Some(module);
        }
        self
    }

    /// The policy under which it ran. Where its folders were is left out.
    pub fn policy(&self) -> &Policy {
        &self.content.policy
    }

    /// How it ended.
    pub fn outcome(&self) -> &Outcome {
        &self.content.end.outcome
    }

    /// What it used.
    pub fn usage(&self) -> &Usage {
        &self.content.end.usage
    }

    /// The version of the engine that ran it: another may count fuel in another way.
    pub fn engine(&self) -> &str {
        &self.content.engine
    }

    /// The kind of machine that it ran on, such as `x86_64-linux`.
    pub fn machine(&self) -> &str {
        &self.content.machine
    }

    /// Whether it was ended by its deadline or called off. When that happens can't be repeated;
    /// a replay ends at the same host call and the same unit of fuel.
    pub fn was_interrupted(&self) -> bool {
        self.content.end.was_interrupted()
    }

    pub(super) fn largest(&self) -> Largest {
        Largest {
            memory: self.content.largest_memory,
            table_elements: self.content.largest_table,
        }
    }

    /// The call as it was, without an outside.
    fn call(&self, cancel: CancellationToken) -> Call {
        let content = &self.content;
        let mut policy = content.policy.clone();
        // Nothing of a replay hangs on the time that it takes.
        policy.limits.wall_time = WallTime(u64::MAX);
        if content.end.was_interrupted() {
            policy.limits.fuel = Fuel(content.end.usage.fuel);
        }
        Call::new(policy)
            .with_args(content.args.iter().cloned())
            .with_env(content.env.iter().cloned())
            .with_input(content.input.clone())
            .with_cancel(cancel)
    }
}

impl Tool {
    /// Runs it once as [`Tool::run`] does, and keeps what its outside told it, up to `limit`
    /// bytes with arguments, environment and input.
    ///
    /// The recording does not hold the module: see [`Recording::with_module`].
    pub async fn record(
        &self,
        mut call: Call,
        limit: Bytes,
    ) -> (Execution, Result<Recording, NotRecorded>) {
        // What comes while a run goes on is kept from before it begins: a recording has all input
        // at once. More than the run takes is not waited for.
        while let Some(source) = &call.live_input {
            let is_enough = call.input.len() as u64 > call.policy.limits.input.0;
            if is_enough || !matches!(source.next(&mut call.input).await, Ok(true)) {
                call.live_input = None;
            }
        }
        let given = call.input.len()
            + call.args.iter().map(String::len).sum::<usize>()
            + call
                .env
                .iter()
                .map(|(a, b)| a.len() + b.len())
                .sum::<usize>();
        let Some(room) = limit.0.checked_sub(given as u64) else {
            return (self.run(call).await, Err(NotRecorded::TooLarge { limit }));
        };
        let env = call.env.iter().map(|(name, value)| {
            let value = if call.policy.capabilities.environment.contains(name) {
                value.clone()
            } else {
                // As long as it was, and as wrong, for both can be why a call is refused.
                value
                    .bytes()
                    .map(|byte| if byte == 0 { '\0' } else { 'x' })
                    .collect()
            };
            (name.clone(), value)
        });
        // Where several tasks go on, whoever is slow to listen would decide which goes first.
        let listens = if self.code.has_tasks() {
            call.live.take()
        } else {
            None
        };
        let (args, env, input) = (call.args.clone(), env.collect(), call.input.clone());
        let policy = without_places(&call.policy);
        let tape = Tape::recording(room);
        let execution = crate::run::run(self, call, Some(tape.clone()), None).await;
        if let Some(live) = listens {
            live_at_once(&execution, &live).await;
        }
        let mut reel = tape.reel();
        let Reel::Recording(recorder) = &mut *reel else {
            return (execution, Err(NotRecorded::TooLarge { limit }));
        };
        if recorder.network {
            return (execution, Err(NotRecorded::Network));
        }
        if recorder.overflowed {
            return (execution, Err(NotRecorded::TooLarge { limit }));
        }
        let largest = recorder.largest.unwrap_or(self.sandbox.largest);
        let content = Content {
            made_by: format!("wasm-runner {}", env!("CARGO_PKG_VERSION")),
            engine: WASMTIME_VERSION.to_owned(),
            machine: format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS),
            module_digest: *self.digest(),
            module_bytes: self.module_bytes(),
            module: None,
            policy,
            largest_memory: largest.memory,
            largest_table: largest.table_elements,
            args,
            env,
            input,
            opening: recorder.opening.take(),
            functions: std::mem::take(&mut recorder.functions),
            calls: std::mem::take(&mut recorder.calls),
            answers: std::mem::take(&mut recorder.answers),
            end: End::of(&execution, recorder.in_call, recorder.began),
        };
        drop(reel);
        (execution, Ok(Recording { content }))
    }

    /// Runs it once as [`Tool::run`] does, and says what it looked at and changed. Of a component
    /// nothing is seen yet.
    pub async fn observe(&self, call: Call) -> (Execution, Observed) {
        if self.form() != Form::Command {
            return (self.run(call).await, Observed::default());
        }
        let tape = Tape::observing();
        let execution = crate::run::run(self, call, Some(tape.clone()), None).await;
        let observed = match &mut *tape.reel() {
            Reel::Recording(recorder) => recorder.observer.take().map(|it| it.observed),
            Reel::Replaying(_) => None,
        };
        (execution, observed.unwrap_or_default())
    }

    /// Runs it as the recorded run was, without anything from outside, and compares.
    ///
    /// The tool may be another than the recorded one: where it then does something else is what
    /// the verdict says. Times of the execution are this machine's.
    pub async fn replay(&self, recording: &Arc<Recording>, cancel: CancellationToken) -> Replayed {
        let content = &recording.content;
        let interrupted = recording.was_interrupted();
        if interrupted && !content.end.began {
            // It was called off while it waited for its turn: there is nothing to repeat.
            return Replayed {
                verdict: Verdict::Same,
                execution: Execution::ended(content.end.outcome.clone()),
                fuel: None,
                host_calls: 0,
            };
        }
        let tape = Tape::replaying(Arc::clone(recording));
        let call = recording.call(cancel.clone());
        let mut execution = crate::run::run(self, call, Some(tape.clone()), None).await;
        let mut reel = tape.reel();
        let Reel::Replaying(player) = &mut *reel else {
            unreachable!("a tape keeps its kind");
        };
        let fuel = player.fuel.take();
        let host_calls = player.calls();
        let verdict = match player.stop.take() {
            Some(Stopped::Diverged(divergence)) => Verdict::Diverged(divergence),
            _ if cancel.is_cancelled() => Verdict::CalledOff,
            stopped => {
                let out_of_fuel = matches!(execution.outcome, Outcome::FuelExhausted { .. });
                if interrupted && (stopped.is_some() || out_of_fuel) {
                    execution.outcome = content.end.outcome.clone();
                    execution.backtrace.clear();
                }
                if host_calls < content.calls.count {
                    let missing = player.missing();
                    Verdict::Diverged(Divergence {
                        why: format!(
                            "the recorded run went on, and the guest ended: {}",
                            super::compare::words(&execution.outcome)
                        ),
                        ..Divergence::at(host_calls + 1, missing.as_ref(), None)
                    })
                } else {
                    let differences = differences(content, &execution);
                    match (differences.is_empty(), player.left_over()) {
                        (true, 0) => Verdict::Same,
                        (true, _) => Verdict::Diverged(Divergence {
                            why: "the recording holds answers that nothing asks for".to_owned(),
                            ..Divergence::at(host_calls, None, None)
                        }),
                        _ => Verdict::Different { differences },
                    }
                }
            }
        };
        Replayed {
            verdict,
            execution,
            fuel,
            host_calls,
        }
    }
}

/// Passes on what a run has written when it is over.
async fn live_at_once(execution: &Execution, live: &mpsc::Sender<Chunk>) {
    for (stream, bytes) in [
        (Stream::Stderr, &execution.stderr.bytes),
        (Stream::Stdout, &execution.output),
    ] {
        let bytes = bytes::Bytes::copy_from_slice(bytes);
        if !bytes.is_empty() && live.send(Chunk { stream, bytes }).await.is_err() {
            // No one listens any more.
            return;
        }
    }
}

/// A policy without the places of its folders on the host: no replay opens them.
fn without_places(policy: &Policy) -> Policy {
    let mut directories = policy.capabilities.directories.clone();
    for one in &mut directories {
        one.host = HostPath::Any;
    }
    Policy {
        limits: policy.limits,
        capabilities: Capabilities {
            directories,
            ..policy.capabilities.clone()
        },
    }
}

//! One call from its request to its execution.

use super::io::{check_input, check_output};
use super::policy::Ceiling;
use super::tools::{Loaded, Tools};
use crate::convert::{self, WireError};
use crate::remediation::Circuits;
use crate::{proto, status, telemetry};
use bytes::Bytes;
use policies::Policy;
use runtime::{Call, CancellationToken, Chunk, Execution, NotRecorded, Occupancy, Recording};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tonic::Status;
use tracing::Instrument as _;
use tracing::field::Empty;

/// When to try again after too many calls: about as long as a short call takes.
const RETRY: Duration = Duration::from_millis(100);

/// What is kept of a call that is recorded, in memory and as sent: an answer has to fit a message.
const MOST_KEPT: policies::Bytes = policies::Bytes::mib(16);
const MOST_SENT: usize = 2 << 20;

/// Everything that calls share.
pub(crate) struct Calls {
    tools: Tools,
    ceiling: Arc<Ceiling>,
    circuits: Arc<Circuits>,
    /// One permit for each call that runs or waits for its turn.
    admission: Arc<Semaphore>,
    admitted: u32,
    /// The service is on its way out: no new calls.
    pub(crate) closing: CancellationToken,
    /// The grace period is over: running calls end as cancelled.
    stop: CancellationToken,
}

/// A call that may begin.
pub(crate) struct Prepared {
    loaded: Arc<Loaded>,
    policy: Policy,
    input: Bytes,
    environment: Vec<(String, String)>,
    record: bool,
    cancel: CancellationToken,
    _admission: OwnedSemaphorePermit,
}

impl Calls {
    pub(crate) fn new(
        tools: Tools,
        ceiling: Arc<Ceiling>,
        circuits: Arc<Circuits>,
        admitted: u32,
        closing: CancellationToken,
    ) -> Self {
        Self {
            tools,
            ceiling,
            circuits,
            admission: Arc::new(Semaphore::new(admitted as usize)),
            admitted,
            closing,
            stop: CancellationToken::new(),
        }
    }

    /// Loads the tools that are active, until the service is on its way out.
    pub(crate) async fn load_active(&self) {
        tokio::select! {
            () = self.closing.cancelled() => {}
            () = self.tools.load_active() => {}
        }
    }

    /// How many calls run or wait for their turn.
    pub(crate) fn running(&self) -> u32 {
        let free = u32::try_from(self.admission.available_permits()).unwrap_or(u32::MAX);
        self.admitted.saturating_sub(free)
    }

    /// How many calls may run or wait for their turn.
    pub(crate) fn admission_limit(&self) -> u32 {
        self.admitted
    }

    /// What runs hold of the sandbox.
    pub(crate) fn occupancy(&self) -> Occupancy {
        self.tools.occupancy()
    }

    /// How many tools are kept in memory, and the size of their modules.
    pub(crate) fn loaded(&self) -> (usize, u64) {
        self.tools.loaded()
    }

    /// How many tools' calls are refused for a while.
    pub(crate) fn open_circuits(&self) -> usize {
        self.circuits.all().len()
    }

    /// Waits until no call runs.
    pub(crate) async fn drained(&self) {
        // An error means that the semaphore was closed, which nobody does.
        drop(self.admission.acquire_many(self.admitted).await);
    }

    /// Ends all calls that still run.
    pub(crate) fn stop(&self) {
        self.stop.cancel();
    }

    /// Checks a request, finds its tool, and says what it may use and touch.
    pub(crate) async fn prepare(
        &self,
        request: proto::ExecuteToolRequest,
    ) -> Result<Prepared, Status> {
        let counted = &self.tools.metrics.calls;
        if self.closing.is_cancelled() {
            counted.refused_closing.inc();
            return Err(status::closing());
        }
        let name = tool_name(request.name, "name")?;
        let version = match request.version.as_str() {
            "" => None,
            text => Some(convert::version(text, "version")?),
        };
        self.circuits.check(&name).inspect_err(|_| {
            counted.refused_circuit.inc();
        })?;
        let admission = Arc::clone(&self.admission)
            .try_acquire_owned()
            .map_err(|_| {
                counted.refused_busy.inc();
                status::busy(
                    format!(
                        "{} calls run or wait already: try again in a moment",
                        self.admitted
                    ),
                    RETRY,
                )
            })?;
        let loaded = self.tools.find(&name, version).await?;
        let policy = self.policy(&loaded, request.policy).await?;
        Ok(Prepared {
            loaded,
            policy,
            input: request.input,
            // Sorted, so that the same call is the same call.
            environment: request
                .environment
                .into_iter()
                .collect::<BTreeMap<_, _>>()
                .into_iter()
                .collect(),
            record: request.record,
            cancel: self.stop.clone(),
            _admission: admission,
        })
    }

    async fn policy(
        &self,
        loaded: &Arc<Loaded>,
        asked: Option<proto::CallPolicy>,
    ) -> Result<Policy, Status> {
        match asked {
            None => Ok(loaded.policy.clone()),
            Some(asked) if !asked.directories.is_empty() => {
                let (ceiling, loaded) = (Arc::clone(&self.ceiling), Arc::clone(loaded));
                let work = move || ceiling.for_call(&loaded.active.grant, Some(&asked));
                tokio::task::spawn_blocking(work)
                    .await
                    .map_err(|error| status::internal("looking at folders", &error))?
            }
            asked => self.ceiling.for_call(&loaded.active.grant, asked.as_ref()),
        }
    }
}

impl Prepared {
    /// Gives this run something of its own that calls it off. Without, only the end of the
    /// service does, for which all runs share one token: to make and to drop another takes its
    /// time, and a lock that all calls share.
    pub(crate) fn cancellable(&mut self) -> CancellationToken {
        self.cancel = self.cancel.child_token();
        self.cancel.clone()
    }

    /// Runs the tool. Dropping the future stops it.
    #[tracing::instrument(name = "execute", level = "debug", skip_all, fields(
        tool = %self.loaded.active.name,
        version = %self.loaded.active.version,
        outcome = Empty,
    ))]
    pub(crate) async fn run(
        self,
        live: Option<mpsc::Sender<Chunk>>,
    ) -> Result<proto::ExecuteToolResponse, Status> {
        let (version, artifact_digest) = (self.loaded.version.clone(), self.loaded.digest.clone());
        let loaded = Arc::clone(&self.loaded);
        let counted = loaded.metrics.begin();
        let (execution, recording) = match self.execution(live).await {
            Ok(ended) => ended,
            Err(status) => {
                counted.failed();
                return Err(status);
            }
        };
        counted.end(&execution);
        tracing::Span::current().record("outcome", execution.outcome.kind().as_str());
        Ok(proto::ExecuteToolResponse {
            execution: Some(execution.into()),
            version,
            artifact_digest,
            recording_too_large: matches!(recording, Kept::TooLarge),
            recording: match recording {
                Kept::Recording(bytes) => bytes,
                Kept::Nothing | Kept::TooLarge => Bytes::new(),
            },
        })
    }

    async fn execution(
        self,
        live: Option<mpsc::Sender<Chunk>>,
    ) -> Result<(Execution, Kept), Status> {
        let code = &self.loaded.code;
        // What is too large is refused by the sandbox, which names the limit.
        if self.input.len() as u64 <= self.policy.limits.input.0
            && let Some(outcome) = check_input(code, &self.input).await?
        {
            return Ok((Execution::ended(outcome), Kept::Nothing));
        }
        let call = Call {
            args: Vec::new(),
            env: self.environment,
            input: self.input.into(),
            live_input: None,
            policy: self.policy,
            cancel: self.cancel,
            live,
        };
        let guest = tracing::debug_span!(
            "guest",
            outcome = Empty,
            fuel = Empty,
            peak_memory_bytes = Empty
        );
        let (execution, kept) = if self.record {
            // In a box: a call that is not recorded has no room for it in its future.
            let run = code.tool.record(call, MOST_KEPT).instrument(guest.clone());
            let (execution, recording) = Box::pin(run).await;
            let kept = match recording {
                Ok(recording) => sent(recording).await?,
                Err(NotRecorded::TooLarge { .. }) => Kept::TooLarge,
                Err(_) => Kept::Nothing,
            };
            (execution, kept)
        } else {
            let run = code.tool.run(call).instrument(guest.clone());
            (run.await, Kept::Nothing)
        };
        telemetry::note_run(&guest, &execution);
        Ok((check_output(code, execution).await?, kept))
    }
}

/// What was kept of a call.
enum Kept {
    /// Nobody asked for it, or nothing ran.
    Nothing,
    /// All of it.
    Recording(Bytes),
    /// There was too much.
    TooLarge,
}

/// A recording as it is sent; packing it is work for a processor.
async fn sent(recording: Recording) -> Result<Kept, Status> {
    let bytes = tokio::task::spawn_blocking(move || recording.to_bytes())
        .await
        .map_err(|error| status::internal("packing a recording", &error))?;
    Ok(match bytes {
        Ok(bytes) if bytes.len() <= MOST_SENT => Kept::Recording(bytes.into()),
        _ => Kept::TooLarge,
    })
}

/// A name that a tool can have.
pub(crate) fn tool_name(name: String, field: &str) -> Result<String, WireError> {
    let mut bytes = name.bytes();
    let good = bytes.next().is_some_and(|byte| byte.is_ascii_lowercase())
        && bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-".contains(&b))
        && name.len() <= 64;
    if good {
        return Ok(name);
    }
    let shown: String = name.escape_debug().take(80).collect();
    Err(WireError::one(
        field,
        format!(
            "`{shown}` is no tool name: a lower-case letter, then at most 63 of a-z, 0-9, `_` and `-`"
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_at_their_edges() {
        for good in ["a", "word-count", "a1_", &"a".repeat(64)] {
            assert!(tool_name(good.to_owned(), "name").is_ok(), "{good}");
        }
        for bad in ["", "A", "1a", "a b", "a\0", "ä", &"a".repeat(65)] {
            assert!(tool_name(bad.to_owned(), "name").is_err(), "{bad:?}");
        }
        let long = tool_name("A".repeat(1_000_000), "name").unwrap_err();
        assert!(long.to_string().len() < 300);
    }
}

//! Validations one after the other, by a bounded number of workers.
//!
//! What is to be done is in the knowledge base; the queue only has the order. So nothing is lost
//! with it: at its start the service puts in whatever is unfinished.

use super::hub::Hub;
use super::validate::{Background, Judged, Validate};
use crate::metrics::Metrics;
use crate::pressure::{self, Pressure};
use crate::proto::watch_validation_response::{
    Begun, Event, Finished, Interrupted, Queued, StageStarted, Step,
};
use crate::status;
use crate::store::Store;
use kbi::{Attribution, KbiError, ProposalId, ValidationOutcome};
use runtime::CancellationToken;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, watch};
use tonic::Status;
use tracing::Instrument as _;
use tracing::field::Empty;
use validation::{Generator, Previous, Progress, TrackRecord, ValidationError};

/// How long to wait before each further try after the machine could not do its part; after the
/// last one the proposal waits for the service's next start, or for whoever asks for it.
type Retries = Vec<Duration>;

/// The queue and its workers. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Queue(Arc<Inner>);

struct Inner {
    store: Store,
    validator: Arc<dyn Validate>,
    retries: Retries,
    capacity: usize,
    metrics: Arc<Metrics>,
    pressure: watch::Receiver<Pressure>,
    closing: CancellationToken,
    waiting: Mutex<Waiting>,
    /// One permit for each proposal that waits.
    turns: Semaphore,
}

#[derive(Default)]
struct Waiting {
    order: VecDeque<ProposalId>,
    /// Those that wait and those that are being validated.
    hubs: HashMap<ProposalId, Arc<Hub>>,
    closed: bool,
}

/// Why a try came to nothing.
enum Stop {
    /// The service is on its way out.
    Closing,
    /// The machine could not do its part.
    Failed(String),
}

impl Queue {
    pub(crate) fn new(
        store: Store,
        validator: Arc<dyn Validate>,
        retries: Retries,
        capacity: usize,
        metrics: Arc<Metrics>,
        pressure: watch::Receiver<Pressure>,
        closing: CancellationToken,
    ) -> Self {
        Self(Arc::new(Inner {
            store,
            validator,
            retries,
            capacity,
            metrics,
            pressure,
            closing,
            waiting: Mutex::default(),
            turns: Semaphore::new(0),
        }))
    }

    /// Whether no more can be taken in.
    pub(crate) fn is_full(&self) -> bool {
        self.waiting() >= self.0.capacity
    }

    /// How many wait for their validation.
    pub(crate) fn waiting(&self) -> usize {
        self.0.lock().order.len()
    }

    /// How many may wait.
    pub(crate) fn capacity(&self) -> usize {
        self.0.capacity
    }

    /// Puts a proposal in, unless it is in already, and gives its progress.
    pub(crate) fn enqueue(&self, id: ProposalId) -> Arc<Hub> {
        let mut waiting = self.0.lock();
        if let Some(hub) = waiting.hubs.get(&id) {
            return Arc::clone(hub);
        }
        let hub = Arc::new(Hub::new());
        if waiting.closed {
            hub.give_up(status::closing());
            return hub;
        }
        let ahead = u32::try_from(waiting.hubs.len()).unwrap_or(u32::MAX);
        hub.say(Event::Queued(Queued { ahead }));
        waiting.hubs.insert(id, Arc::clone(&hub));
        waiting.order.push_back(id);
        drop(waiting);
        self.0.turns.add_permits(1);
        hub
    }

    /// The progress of a proposal that waits or is being validated.
    pub(crate) fn hub(&self, id: ProposalId) -> Option<Arc<Hub>> {
        self.0.lock().hubs.get(&id).cloned()
    }

    /// Validates one proposal after the other, until the service closes.
    pub(crate) async fn work(self) {
        let mut pressure = self.0.pressure.clone();
        loop {
            let turn = tokio::select! {
                biased;
                () = self.0.closing.cancelled() => break,
                turn = self.0.turns.acquire() => turn,
            };
            // The semaphore is never closed.
            let Ok(turn) = turn else { break };
            // With the turn, not before it: who waits for a turn may do so for hours.
            tokio::select! {
                biased;
                () = self.0.closing.cancelled() => break,
                () = pressure::relieved(&mut pressure) => {}
            }
            turn.forget();
            let next = {
                let mut waiting = self.0.lock();
                let id = waiting.order.pop_front();
                id.and_then(|id| Some((id, Arc::clone(waiting.hubs.get(&id)?))))
            };
            if let Some((id, hub)) = next {
                let span = tracing::info_span!(
                    "validate",
                    task_id = %id,
                    attempt_id = Empty,
                    tool = Empty,
                    version = Empty
                );
                self.0.store.origins().adopt(id, &span);
                let counted = self.0.metrics.validations.begin();
                self.0.one(id, &hub).instrument(span).await;
                drop(counted);
                self.0.lock().hubs.remove(&id);
            }
        }
        self.close();
    }

    /// Tells all watchers that the service closes. What waits begins at its next start.
    fn close(&self) {
        let hubs: Vec<_> = {
            let mut waiting = self.0.lock();
            waiting.closed = true;
            waiting.order.clear();
            waiting.hubs.drain().map(|(_, hub)| hub).collect()
        };
        for hub in hubs {
            hub.give_up(status::closing());
        }
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // Whole at every step, so a panic elsewhere does not spoil it.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One proposal to its end, tried again when the machine could not do its part.
    async fn one(&self, id: ProposalId, hub: &Hub) {
        let mut retries = self.retries.iter();
        loop {
            let message = match self.attempt(id, hub).await {
                Ok(finished) => return hub.finish(Event::Finished(finished)),
                Err(Stop::Closing) => return hub.give_up(status::closing()),
                Err(Stop::Failed(message)) => message,
            };
            self.metrics.validations.interrupted.inc();
            let Some(delay) = retries.next() else {
                let status = status::internal("validating the proposal", &message);
                return hub.give_up(status);
            };
            tracing::warn!(error = message, ?delay, "the validation is tried again");
            hub.say(Event::Interrupted(Interrupted {
                // What exactly went wrong names paths of the machine, so it is in the log only.
                message: "the service's machine could not do its part".to_owned(),
                retry_millis: u64::try_from(delay.as_millis()).unwrap_or(u64::MAX),
            }));
            tokio::select! {
                biased;
                () = self.closing.cancelled() => return hub.give_up(status::closing()),
                () = tokio::time::sleep(*delay) => {}
            }
        }
    }

    async fn attempt(&self, id: ProposalId, hub: &Hub) -> Result<Finished, Stop> {
        let by = Attribution::new("wasm-runner", "a proposal is validated");
        let begun = self
            .ask(move |kb| kb.begin_validation(id, &by), true)
            .await?;
        let Ok(begun) = begun else {
            // Somebody was faster: what is known holds.
            return self.known(id).await;
        };
        let attempt = format!("{id}/{}", begun.attempt);
        tracing::Span::current().record("attempt_id", attempt);
        if begun.attempt > 3 {
            tracing::warn!(
                attempt = begun.attempt,
                "this proposal's validation was cut off again and again"
            );
        }
        hub.say(Event::Begun(Begun {
            attempt: begun.attempt,
            resumed: begun.resumed,
        }));
        let at = Instant::now();
        let (judged, generator) = self.judge(id, hub).await?;
        let report: crate::proto::ValidationReport = (&judged.report).into();
        let judged = Arc::new(judged);
        let kept = Arc::clone(&judged);
        let state = self
            .ask(move |kb| finish(kb, id, &kept), true)
            .await?
            .map_err(|error| Stop::Failed(error.to_string()))?;
        self.metrics
            .validations
            .ended(&judged.report, generator.as_ref(), at.elapsed());
        tracing::info!(%state, "validated");
        Ok(Finished {
            state: crate::proto::ToolState::from(state).into(),
            report: Some(report),
        })
    }

    /// Runs the validator in a task of its own, so that its panic is not ours.
    async fn judge(&self, id: ProposalId, hub: &Hub) -> Result<(Judged, Option<Generator>), Stop> {
        let (record, background) = self
            .ask(
                move |kb| {
                    let record = kb.proposal(id)?;
                    let background = background(kb, &record)?;
                    Ok((record, background))
                },
                false,
            )
            .await?
            .map_err(|error| Stop::Failed(error.to_string()))?;
        let span = tracing::Span::current();
        span.record("tool", record.tool.name.as_str());
        span.record("version", record.tool.version.to_string());
        let generator = record.tool.generator.clone();
        let validator = Arc::clone(&self.validator);
        let (sender, mut progress) = tokio::sync::mpsc::unbounded_channel();
        let cancel = self.closing.clone();
        let task = async move {
            let progress = move |step: Progress| drop(sender.send(step));
            let tool = &record.tool;
            validator
                .validate(tool, background, &progress, &cancel)
                .await
        };
        let task = tokio::spawn(task.in_current_span());
        while let Some(step) = progress.recv().await {
            if let Progress::StageFinished { report } = &step {
                self.metrics.validations.stage(report);
            }
            hub.say(told(step));
        }
        match task.await {
            Ok(Ok(judged)) => Ok((judged, generator)),
            Ok(Err(ValidationError::Cancelled)) if self.closing.is_cancelled() => {
                Err(Stop::Closing)
            }
            Ok(Err(error)) => Err(Stop::Failed(error.to_string())),
            Err(error) => Err(Stop::Failed(format!("the validator broke down: {error}"))),
        }
    }

    /// What is known of a validation that is over.
    async fn known(&self, id: ProposalId) -> Result<Finished, Stop> {
        let known = self
            .ask(
                move |kb| Ok((kb.proposal(id)?.version.state, kb.report(id)?)),
                false,
            )
            .await?;
        let (state, report) = known.map_err(|error| Stop::Failed(error.to_string()))?;
        Ok(Finished {
            state: crate::proto::ToolState::from(state).into(),
            report: Some((&report).into()),
        })
    }

    /// Asks the knowledge base; an illegal move is an answer, everything else a failure.
    async fn ask<T, F>(&self, work: F, is_move: bool) -> Result<Result<T, KbiError>, Stop>
    where
        T: Send + 'static,
        F: FnOnce(&dyn kbi::KnowledgeBase) -> Result<T, KbiError> + Send + 'static,
    {
        let failed = |status: Status| Stop::Failed(status.message().to_owned());
        let answer = if is_move {
            self.store.try_write(work).await.map_err(failed)?
        } else {
            self.store.try_read(work).await.map_err(failed)?
        };
        match answer {
            Err(error) if !matches!(error, KbiError::IllegalMove { .. }) => {
                Err(Stop::Failed(error.to_string()))
            }
            answer => Ok(answer),
        }
    }
}

/// For how long what became of a maker's tools counts.
const RECORD: Duration = Duration::from_hours(90 * 24);

/// What is known beside a proposal: the version that callers get now, and what became of its
/// maker's tools. Neither keeps a proposal from being validated where there is none.
fn background(
    kb: &dyn kbi::KnowledgeBase,
    record: &kbi::ProposalRecord,
) -> Result<Background, KbiError> {
    let mut background = Background::default();
    match previous(kb, &record.version.name) {
        Ok(previous) => background.previous = Some(previous),
        Err(KbiError::UnknownTool { .. } | KbiError::NoActiveVersion { .. }) => {}
        // What is damaged can be mended by a new version, which must not wait for it.
        Err(error @ KbiError::Corrupt { .. }) => {
            tracing::warn!(%error, "the version before can't be read, so it is not compared with");
        }
        Err(error) => return Err(error),
    }
    let agent = &record.version.generated_by_agent_id;
    if !agent.is_empty() {
        let since = record.version.created_at.checked_sub(RECORD);
        let counted = kb.track_record(agent, since.unwrap_or(jiff::Timestamp::MIN))?;
        background.track_record = (counted != TrackRecord::default()).then_some(counted);
    }
    Ok(background)
}

/// The version of a tool that callers get now.
fn previous(kb: &dyn kbi::KnowledgeBase, name: &str) -> Result<Previous, KbiError> {
    let active = kb.active(name, None)?;
    let before = kb.proposal(active.proposal_id)?;
    let module = kb.artifact(&active.artifact)?;
    let (version, manifest) = (active.version, active.manifest);
    Ok(Previous::version(version, module, manifest, before.tool))
}

fn finish(
    kb: &dyn kbi::KnowledgeBase,
    id: ProposalId,
    judged: &Judged,
) -> Result<kbi::State, KbiError> {
    let outcome = ValidationOutcome {
        report: &judged.report,
        artifact: judged.artifact.as_deref(),
        manifest: judged.manifest.as_ref(),
        grant: &judged.grant,
        attestations: judged.attestations.as_deref(),
    };
    let by = Attribution::new("wasm-runner", "the proposal was validated");
    kb.finish_validation(id, &outcome, &by)
}

/// A step as the wire tells it.
fn told(step: Progress) -> Event {
    let stage = |stage| crate::proto::StageKind::from(stage).into();
    match step {
        Progress::StageStarted { stage: kind } => {
            Event::StageStarted(StageStarted { stage: stage(kind) })
        }
        Progress::Step {
            stage: kind,
            message,
        } => Event::Step(Step {
            stage: stage(kind),
            message,
        }),
        Progress::StageFinished { report } => Event::StageFinished((&report).into()),
    }
}

//! What is only looked at when somebody asks: the machine, the pools, the queues, the knowledge base.

use super::machine::{self, Counted, Process};
use super::registry::{Counter, Counters, FloatCounter, Gauge, Gauges, Registering};
use super::table;
use crate::calls::Calls;
use crate::pressure::Pressure;
use crate::proposals::Queue;
use crate::server::LastBackup;
use crate::store::Store;
use crate::telemetry;
use kbi::{State, StateCensus};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;

/// Where the figures come from.
pub(crate) struct Sources {
    pub(crate) data_dir: PathBuf,
    pub(crate) knowledge_base: PathBuf,
    pub(crate) compiled: Counted,
    pub(crate) calls: Arc<Calls>,
    pub(crate) queue: Option<Queue>,
    pub(crate) workers: u32,
    pub(crate) store: Store,
    pub(crate) pressure: watch::Receiver<Pressure>,
    /// What was known of all versions after so many moves.
    pub(crate) census: Mutex<Option<(u64, Vec<StateCensus>)>>,
}

/// The metrics that are set when somebody asks.
pub(crate) struct Sampled {
    cpu: FloatCounter,
    resident: Gauge,
    virtual_memory: Gauge,
    threads: Gauge,
    open_fds: Gauge,
    max_fds: Gauge,
    start: Gauge,
    children_cpu: FloatCounter,
    children: Gauge,
    filesystem_size: Gauge,
    filesystem_available: Gauge,
    used: Gauges<1>,
    last_backup: Gauge,
    memory_used: Gauge,
    memory_limit: Gauge,
    paused: Gauge,
    circuits: Gauge,
    admitted: Gauge,
    admitted_limit: Gauge,
    waiting: Gauge,
    slots: Gauge,
    slots_used: Gauge,
    pool: Gauges<1>,
    warm: Gauge,
    resident_idle: Gauge,
    loaded: Gauge,
    loaded_bytes: Gauge,
    queue: Gauge,
    queue_limit: Gauge,
    workers: Gauge,
    versions: Gauges<1>,
    oldest: Gauges<1>,
    census_failures: Counter,
    log_lines: Counters<1>,
    spans_exported: Counter,
    spans_dropped: Counters<1>,
}

impl Sampled {
    pub(super) fn new(registering: &mut Registering) -> Self {
        Self {
            cpu: registering.float_counter(&table::PROCESS_CPU),
            resident: registering.gauge(&table::PROCESS_RESIDENT),
            virtual_memory: registering.gauge(&table::PROCESS_VIRTUAL),
            threads: registering.gauge(&table::PROCESS_THREADS),
            open_fds: registering.gauge(&table::PROCESS_OPEN_FDS),
            max_fds: registering.gauge(&table::PROCESS_MAX_FDS),
            start: registering.gauge(&table::PROCESS_START),
            children_cpu: registering.float_counter(&table::CHILDREN_CPU),
            children: registering.gauge(&table::CHILDREN),
            filesystem_size: registering.gauge(&table::DATA_FILESYSTEM_SIZE),
            filesystem_available: registering.gauge(&table::DATA_FILESYSTEM_AVAILABLE),
            used: registering.gauges(&table::DATA_USED),
            last_backup: registering.gauge(&table::LAST_BACKUP),
            memory_used: registering.gauge(&table::MEMORY_USED),
            memory_limit: registering.gauge(&table::MEMORY_LIMIT),
            paused: registering.gauge(&table::VALIDATIONS_PAUSED),
            circuits: registering.gauge(&table::CIRCUITS_OPEN),
            admitted: registering.gauge(&table::CALLS_ADMITTED),
            admitted_limit: registering.gauge(&table::CALLS_ADMITTED_LIMIT),
            waiting: registering.gauge(&table::CALLS_WAITING),
            slots: registering.gauge(&table::SLOTS),
            slots_used: registering.gauge(&table::SLOTS_USED),
            pool: registering.gauges(&table::POOL_USED),
            warm: registering.gauge(&table::POOL_WARM),
            resident_idle: registering.gauge(&table::POOL_RESIDENT),
            loaded: registering.gauge(&table::LOADED),
            loaded_bytes: registering.gauge(&table::LOADED_BYTES),
            queue: registering.gauge(&table::QUEUE),
            queue_limit: registering.gauge(&table::QUEUE_LIMIT),
            workers: registering.gauge(&table::VALIDATION_WORKERS),
            versions: registering.gauges(&table::VERSIONS),
            oldest: registering.gauges(&table::VERSIONS_OLDEST),
            census_failures: registering.counter(&table::CENSUS_FAILURES),
            log_lines: registering.counters(&table::LOG_LINES),
            spans_exported: registering.counter(&table::SPANS_EXPORTED),
            spans_dropped: registering.counters(&table::SPANS_DROPPED),
        }
    }

    /// Looks at everything. Reads files: call it where blocking is allowed.
    pub(super) fn take(&self, sources: &Sources) {
        self.machine(sources);
        self.calls(sources);
        self.validations(sources);
        self.census(sources);
        for (level, lines) in telemetry::log_lines() {
            catch_up(&self.log_lines.of([level]), lines);
        }
        let spans = telemetry::spans();
        catch_up(&self.spans_exported, spans.exported);
        catch_up(&self.spans_dropped.of(["full"]), spans.dropped_full);
        catch_up(&self.spans_dropped.of(["export"]), spans.dropped_export);
    }

    fn machine(&self, sources: &Sources) {
        if let Some(process) = Process::now() {
            catch_up_float(&self.cpu, process.cpu_seconds);
            catch_up_float(&self.children_cpu, process.children_cpu_seconds);
            self.resident.set(process.resident_bytes);
            self.virtual_memory.set(process.virtual_bytes);
            self.threads.set(process.threads);
            if let Some(start) = process.start_time() {
                self.start.set(start);
            }
        }
        if let Some(files) = machine::open_files() {
            self.open_fds.set(float(files as u64));
        }
        let most = machine::most_open_files().map_or(f64::INFINITY, float);
        self.max_fds.set(most);
        if let Some(children) = machine::children() {
            self.children.set(float(children as u64));
        }
        if let Some((size, available)) = machine::filesystem(&sources.data_dir) {
            self.filesystem_size.set(float(size));
            self.filesystem_available.set(float(available));
        }
        let knowledge = machine::database(&sources.knowledge_base);
        self.used.of(["knowledge"]).set(float(knowledge));
        let compiled = sources.compiled.bytes();
        self.used.of(["compiled"]).set(float(compiled));
        let pressure = *sources.pressure.borrow();
        self.memory_used.set(float(pressure.used.unwrap_or(0)));
        self.memory_limit
            .set(pressure.limit.map_or(f64::INFINITY, float));
        self.paused.set(u8::from(pressure.paused).into());
        let backup = LastBackup::of(&sources.data_dir).map_or(0, |last| last.seconds);
        self.last_backup
            .set(float(u64::try_from(backup).unwrap_or(0)));
    }

    fn calls(&self, sources: &Sources) {
        let calls = &sources.calls;
        let occupancy = calls.occupancy();
        let used = occupancy.slots.saturating_sub(occupancy.free_slots);
        let admitted = calls.running();
        self.admitted.set(admitted.into());
        self.admitted_limit.set(calls.admission_limit().into());
        self.waiting.set(admitted.saturating_sub(used).into());
        self.slots.set(occupancy.slots.into());
        self.slots_used.set(used.into());
        for (resource, count) in [
            ("instances", occupancy.instances),
            ("memories", occupancy.memories),
            ("tables", occupancy.tables),
            ("stacks", occupancy.stacks),
        ] {
            self.pool.of([resource]).set(float(count));
        }
        self.warm.set(float(occupancy.warm_memories));
        self.resident_idle.set(float(occupancy.idle_resident));
        let (loaded, bytes) = calls.loaded();
        self.loaded.set(float(loaded as u64));
        self.loaded_bytes.set(float(bytes));
        self.circuits.set(float(calls.open_circuits() as u64));
    }

    fn validations(&self, sources: &Sources) {
        let Some(queue) = &sources.queue else { return };
        self.queue.set(float(queue.waiting() as u64));
        self.queue_limit.set(float(queue.capacity() as u64));
        self.workers.set(sources.workers.into());
    }

    /// Counts tool versions, if anything moved since they were counted last.
    fn census(&self, sources: &Sources) {
        let mut known = sources
            .census
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        // Before it is asked: a move that comes between makes the answer old.
        let moves = sources.store.move_count();
        if !matches!(&*known, Some((at, _)) if *at == moves) {
            match sources.store.blocking_read(|kb| kb.census()) {
                Ok(census) => *known = Some((moves, census)),
                Err(error) => {
                    tracing::warn!(%error, "tool versions could not be counted");
                    self.census_failures.inc();
                }
            }
        }
        let Some((_, census)) = &*known else { return };
        for state in State::ALL {
            let found = census.iter().find(|entry| entry.state == *state);
            let versions = found.map_or(0, |entry| entry.versions);
            self.versions.of([state.as_str()]).set(float(versions));
            match found {
                Some(entry) => {
                    let oldest = entry.oldest.as_duration().as_secs_f64();
                    self.oldest.of([state.as_str()]).set(oldest);
                }
                None => self.oldest.remove([state.as_str()]),
            }
        }
    }
}

/// Brings a counter to what was counted elsewhere.
fn catch_up(counter: &Counter, total: u64) {
    counter.inc_by(total.saturating_sub(counter.get()));
}

fn catch_up_float(counter: &FloatCounter, total: f64) {
    let more = total - counter.get();
    if more > 0.0 {
        counter.inc_by(more);
    }
}

#[allow(clippy::cast_precision_loss, reason = "floating point is what is told")]
fn float(number: u64) -> f64 {
    number as f64
}

//! Calls of tools.

use super::bounded::Bounded;
use super::registry::{
    Counter, Counters, FloatCounter, FloatCounters, Histogram, Histograms, Registering,
};
use super::table;
use runtime::{Execution, OutcomeKind};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Tools that have figures of their own: each is about fifty time series.
pub(crate) const MOST_TOOLS: usize = 100;

/// Calls of all tools.
pub(crate) struct CallMetrics {
    calls: Counters<2>,
    seconds: Histograms<1>,
    cpu: FloatCounters<1>,
    fuel: Histograms<1>,
    memory: Histograms<1>,
    denied: Counters<1>,
    tools: Bounded,
    /// By label.
    handles: Mutex<HashMap<String, Arc<ToolMetrics>>>,
    pub(crate) refused_busy: Counter,
    pub(crate) refused_closing: Counter,
    pub(crate) refused_circuit: Counter,
    pub(crate) from_answer: Counter,
    pub(crate) from_memory: Counter,
    pub(crate) from_disk: Counter,
    pub(crate) compiled: Counter,
}

/// Calls of one tool, found once: to count a call looks nothing up and allocates nothing.
pub(crate) struct ToolMetrics {
    /// In the order of [`OutcomeKind::ALL`].
    outcomes: [Counter; OutcomeKind::ALL.len()],
    seconds: Histogram,
    cpu: FloatCounter,
    fuel: Histogram,
    memory: Histogram,
    denied: Counter,
}

impl CallMetrics {
    pub(super) fn new(registering: &mut Registering) -> Self {
        let refused = registering.counters(&table::CALLS_REFUSED);
        let lookups = registering.counters(&table::LOOKUPS);
        Self {
            calls: registering.counters(&table::CALLS),
            seconds: registering.histograms(&table::CALL_SECONDS),
            cpu: registering.float_counters(&table::CALL_CPU),
            fuel: registering.histograms(&table::CALL_FUEL),
            memory: registering.histograms(&table::CALL_MEMORY),
            denied: registering.counters(&table::CALL_DENIED),
            tools: Bounded::new(MOST_TOOLS),
            handles: Mutex::default(),
            refused_busy: refused.of(["busy"]),
            refused_closing: refused.of(["closing"]),
            refused_circuit: refused.of(["circuit"]),
            from_answer: lookups.of(["answer"]),
            from_memory: lookups.of(["memory"]),
            from_disk: lookups.of(["disk"]),
            compiled: lookups.of(["compiled"]),
        }
    }

    /// The figures of one tool; beyond the first so many tools they share theirs.
    pub(crate) fn tool(&self, name: &str) -> Arc<ToolMetrics> {
        let label = self.tools.admit(name);
        let mut handles = self.handles.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(handle) = handles.get(label.as_ref()) {
            return Arc::clone(handle);
        }
        let handle = Arc::new(ToolMetrics {
            outcomes: OutcomeKind::ALL
                .map(|kind| self.calls.of([label.clone(), kind.as_str().into()])),
            seconds: self.seconds.of([label.clone()]),
            cpu: self.cpu.of([label.clone()]),
            fuel: self.fuel.of([label.clone()]),
            memory: self.memory.of([label.clone()]),
            denied: self.denied.of([label.clone()]),
        });
        handles.insert(label.into_owned(), Arc::clone(&handle));
        handle
    }
}

impl ToolMetrics {
    /// A call that goes on: it counts as cancelled unless it is said how it ended.
    pub(crate) fn begin(&self) -> OpenCall<'_> {
        OpenCall(Some(self))
    }

    fn count(&self, kind: OutcomeKind) {
        if let Some(index) = OutcomeKind::ALL.iter().position(|known| *known == kind) {
            self.outcomes[index].inc();
        }
    }
}

/// A call that goes on.
pub(crate) struct OpenCall<'a>(Option<&'a ToolMetrics>);

impl OpenCall<'_> {
    /// It ended so.
    #[allow(
        clippy::cast_precision_loss,
        reason = "figures of this size are told as floating point anyway"
    )]
    pub(crate) fn end(mut self, execution: &Execution) {
        let Some(tool) = self.0.take() else { return };
        tool.count(execution.outcome.kind());
        let usage = &execution.usage;
        // What was refused before it ran used nothing, and would make the usual look smaller.
        if usage.fuel > 0 {
            tool.seconds.observe(usage.wall_micros as f64 / 1e6);
            tool.fuel.observe(usage.fuel as f64);
            tool.memory.observe(usage.peak_memory as f64);
            tool.cpu.inc_by(usage.cpu_micros as f64 / 1e6);
            if usage.denied > 0 {
                tool.denied.inc_by(usage.denied);
            }
        }
    }

    /// The service could not do its part: gRPC's code says so, and there is no outcome.
    pub(crate) fn failed(mut self) {
        self.0 = None;
    }
}

impl Drop for OpenCall<'_> {
    fn drop(&mut self) {
        if let Some(tool) = self.0.take() {
            tool.count(OutcomeKind::Cancelled);
        }
    }
}

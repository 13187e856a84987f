//! What the service counts, and how it is read.
//!
//! ```text
//!  table ─▶ registry ─▶ calls · validations · rpc   counted as it happens, through handles
//!                    └▶ sample                       looked at when somebody asks
//!                                    endpoint ◀───── GET /metrics
//! ```
//!
//! `prometheus-client` holds and writes the metrics: it is OpenMetrics' own encoder, its handles
//! are found once and then cost an atomic addition (a histogram: a short lock), and it has no
//! global state that tests would share. The facade `metrics` looks every name up at each use.

mod bounded;
mod calls;
mod definition;
mod endpoint;
mod machine;
mod page;
mod registry;
mod remediation;
mod rpc;
mod sample;
mod table;
mod validations;

pub(crate) use calls::{CallMetrics, ToolMetrics};
pub use definition::{Metric, MetricKind, MetricUnit};
pub(crate) use endpoint::serve;
pub(crate) use machine::Counted;
pub use page::metrics_page;
pub(crate) use remediation::RemediationMetrics;
pub(crate) use rpc::RpcLayer;
pub(crate) use sample::Sources;
pub use table::METRICS;
pub(crate) use validations::ValidationMetrics;

use prometheus_client::registry::Registry;
use registry::{Counter, Registering};
use rpc::RpcMetrics;
use sample::Sampled;
use std::sync::{Mutex, PoisonError};

/// Everything that the service counts.
pub(crate) struct Metrics {
    pub(crate) calls: CallMetrics,
    pub(crate) validations: ValidationMetrics,
    pub(crate) remediation: RemediationMetrics,
    rpc: RpcMetrics,
    sampled: Sampled,
    scrapes_served: Counter,
    scrapes_cut_off: Counter,
    scrapes_refused: Counter,
    registry: Registry,
    /// One look at a time: what is looked at needs none twice.
    looking: Mutex<()>,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        Self::register(Registering::default()).0
    }

    /// All of the table; gives their names too.
    fn register(mut registering: Registering) -> (Self, Vec<&'static str>) {
        let profile = if cfg!(debug_assertions) {
            "debug"
        } else {
            "release"
        };
        registering.info(
            &table::BUILD,
            [
                env!("CARGO_PKG_VERSION").into(),
                runtime::WASMTIME_VERSION.into(),
                profile.into(),
            ],
        );
        let calls = CallMetrics::new(&mut registering);
        let validations = ValidationMetrics::new(&mut registering);
        let remediation = RemediationMetrics::new(&mut registering);
        let rpc = RpcMetrics::new(&mut registering);
        let sampled = Sampled::new(&mut registering);
        let scrapes = registering.counters(&table::SCRAPES);
        let (registry, names) = registering.done();
        let metrics = Self {
            calls,
            validations,
            remediation,
            rpc,
            sampled,
            scrapes_served: scrapes.of(["served"]),
            scrapes_cut_off: scrapes.of(["cut_off"]),
            scrapes_refused: scrapes.of(["refused"]),
            registry,
            looking: Mutex::default(),
        };
        (metrics, names)
    }

    /// All metrics as text. Reads files and asks the knowledge base: call it where blocking is
    /// allowed.
    pub(crate) fn encode(&self, sources: &Sources) -> String {
        let _looking = self.looking.lock().unwrap_or_else(PoisonError::into_inner);
        self.sampled.take(sources);
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry)
            .expect("a text takes what is written into it");
        text
    }
}

#[cfg(test)]
mod tests;

//! Sets logs and traces up, once for the process.

use super::{LogCounter, LogForm, LogLevel, LogLines, Traces};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::{SubscriberInitExt as _, TryInitError};
use tracing_subscriber::{EnvFilter, reload};

/// The parts of the program whose spans are told.
const OURS: [&str; 8] = [
    "wasm_runner",
    "policies",
    "runtime",
    "isolation",
    "fuzzing",
    "validation",
    "kbi",
    "host_api",
];

/// Sends what is logged to standard error, and spans to a collector if there is one. Gives what
/// changes the log's level later.
///
/// # Errors
/// When it was set up before.
pub fn install(
    form: LogForm,
    level: EnvFilter,
    traces: Option<&Traces>,
) -> Result<LogLevel, TryInitError> {
    let spans = traces.map(|traces| {
        let ours = OURS.map(|target| (target, LevelFilter::DEBUG));
        tracing_opentelemetry::layer()
            .with_tracer(traces.tracer())
            .with_location(false)
            .with_threads(false)
            .with_filter(Targets::new().with_targets(ours))
    });
    let (level, handle) = reload::Layer::new(level);
    let lines = LogLines::new(form, std::io::stderr).and_then(LogCounter);
    tracing_subscriber::registry()
        .with(spans)
        .with(lines.with_filter(level))
        .try_init()?;
    Ok(LogLevel::new(handle))
}

//! What is counted of logs and traces, in the process as a whole.

use std::sync::atomic::{AtomicU64, Ordering};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer};

/// Lines that were logged, by level.
static LINES: [(&str, AtomicU64); 5] = [
    ("error", AtomicU64::new(0)),
    ("warn", AtomicU64::new(0)),
    ("info", AtomicU64::new(0)),
    ("debug", AtomicU64::new(0)),
    ("trace", AtomicU64::new(0)),
];

pub(super) static EXPORTED: AtomicU64 = AtomicU64::new(0);
pub(super) static DROPPED_FULL: AtomicU64 = AtomicU64::new(0);
pub(super) static DROPPED_EXPORT: AtomicU64 = AtomicU64::new(0);

/// Counts what is logged; laid beside the layer that writes, under the same filter.
#[derive(Clone, Copy, Debug, Default)]
pub struct LogCounter;

impl<S: Subscriber> Layer<S> for LogCounter {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let index = match *event.metadata().level() {
            Level::ERROR => 0,
            Level::WARN => 1,
            Level::INFO => 2,
            Level::DEBUG => 3,
            Level::TRACE => 4,
        };
        LINES[index].1.fetch_add(1, Ordering::Relaxed);
    }
}

/// Lines so far, by level.
pub(crate) fn log_lines() -> impl Iterator<Item = (&'static str, u64)> {
    LINES
        .iter()
        .map(|(level, lines)| (*level, lines.load(Ordering::Relaxed)))
}

/// Spans so far.
pub(crate) struct Spans {
    pub(crate) exported: u64,
    pub(crate) dropped_full: u64,
    pub(crate) dropped_export: u64,
}

/// What became of spans so far.
pub(crate) fn spans() -> Spans {
    Spans {
        exported: EXPORTED.load(Ordering::Relaxed),
        dropped_full: DROPPED_FULL.load(Ordering::Relaxed),
        dropped_export: DROPPED_EXPORT.load(Ordering::Relaxed),
    }
}

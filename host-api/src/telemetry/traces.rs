//! Traces: spans of ours, told to a collector by OTLP.
//!
//! The exporter has threads of its own, and room for so many spans. When the collector is slow,
//! hangs or is away, spans are dropped and counted; no call waits for it.

use super::counts::{DROPPED_EXPORT, DROPPED_FULL, EXPORTED};
use crate::breaker::{Breaker, breaker};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry::{Context, KeyValue};
use opentelemetry_otlp::{SpanExporter as OtlpExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, SdkTracer, SdkTracerProvider, Span, SpanData,
    SpanExporter, SpanProcessor,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

/// Spans that may wait to be told.
const ROOM: usize = 4096;
/// Spans told at once.
const AT_ONCE: usize = 512;
/// How long a collector may take for one export; `OTEL_EXPORTER_OTLP_TIMEOUT` (milliseconds)
/// says otherwise.
const PATIENCE: Duration = Duration::from_secs(10);
/// Exports in a row that fail before the collector is left alone for a while, and for how long. Within
/// one export, opentelemetry-otlp tries again by itself, with growing and random waits, in that time.
const FAILURES: u32 = 3;
const SHORTEST_BREAK: Duration = Duration::from_secs(2);
const LONGEST_BREAK: Duration = Duration::from_secs(30);
/// How long the last spans may take when the program ends.
const LAST: Duration = Duration::from_secs(2);

/// Why no traces can be told.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TracesError {
    /// The address is none.
    #[error(
        "`{endpoint}` is no place to tell traces to: {reason}; write the address of an OTLP collector that takes gRPC, such as http://127.0.0.1:4317"
    )]
    Endpoint {
        /// What was given.
        endpoint: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The exporter's threads can't be started.
    #[error("the threads that tell traces can't be started: {0}")]
    Threads(#[from] std::io::Error),
}

/// Tells spans to a collector, until it is dropped.
#[derive(Debug)]
pub struct Traces {
    provider: SdkTracerProvider,
    /// The exporter's own, so that it takes none of the service's turns.
    runtime: Option<tokio::runtime::Runtime>,
}

impl Traces {
    /// Starts telling spans to this address: `http://HOST:PORT`, OTLP over gRPC.
    ///
    /// # Errors
    /// When it is no such address. That nobody answers there is no error: spans are dropped and
    /// counted until somebody does.
    pub fn start(endpoint: &str) -> Result<Self, TracesError> {
        let refused = |reason: String| TracesError::Endpoint {
            endpoint: endpoint.escape_debug().take(200).collect(),
            reason,
        };
        let uri: http::Uri = endpoint
            .parse()
            .map_err(|error: http::uri::InvalidUri| refused(error.to_string()))?;
        if uri.scheme_str() != Some("http") || uri.authority().is_none() {
            return Err(refused(
                "only http://HOST:PORT can be told to; put a collector on this machine before one \
                 that is elsewhere"
                    .to_owned(),
            ));
        }
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("otlp")
            .enable_all()
            .build()?;
        let exporter = {
            let _inside = runtime.enter();
            let mut exporter = OtlpExporter::builder().with_tonic().with_endpoint(endpoint);
            if std::env::var_os("OTEL_EXPORTER_OTLP_TIMEOUT").is_none() {
                exporter = exporter.with_timeout(PATIENCE);
            }
            exporter
                .build()
                .map_err(|error| refused(error.to_string()))?
        };
        let waiting = Arc::new(AtomicUsize::new(0));
        let exporter = Counted {
            exporter,
            waiting: Arc::clone(&waiting),
            failing: AtomicBool::new(false),
            breaker: breaker(FAILURES, SHORTEST_BREAK, LONGEST_BREAK),
        };
        // It never drops any itself: `Bounded` lets no more in than it has room for.
        let config = BatchConfigBuilder::default()
            .with_max_queue_size(ROOM + AT_ONCE)
            .with_max_export_batch_size(AT_ONCE)
            .with_scheduled_delay(Duration::from_secs(1))
            .build();
        let batches = BatchSpanProcessor::builder(exporter)
            .with_batch_config(config)
            .build();
        let resource = Resource::builder()
            .with_service_name("wasm-runner")
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .build();
        // Whom to sample is OTEL_TRACES_SAMPLER's matter; without it: all, unless the caller's
        // trace says not to.
        let provider = SdkTracerProvider::builder()
            .with_span_processor(Bounded {
                inner: batches,
                waiting,
            })
            .with_resource(resource)
            .build();
        Ok(Self {
            provider,
            runtime: Some(runtime),
        })
    }

    /// What makes spans.
    pub(super) fn tracer(&self) -> SdkTracer {
        self.provider.tracer("wasm-runner")
    }
}

impl Drop for Traces {
    /// Tells what is left, for two seconds at most.
    fn drop(&mut self) {
        // Nobody is left to be told when this fails.
        let _ = self.provider.shutdown_with_timeout(LAST);
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Lets so many spans wait, and counts those that it turns away.
#[derive(Debug)]
struct Bounded {
    inner: BatchSpanProcessor,
    waiting: Arc<AtomicUsize>,
}

impl SpanProcessor for Bounded {
    fn on_start(&self, span: &mut Span, context: &Context) {
        self.inner.on_start(span, context);
    }

    fn on_end(&self, span: SpanData) {
        if !span.span_context.is_sampled() {
            return;
        }
        if self.waiting.fetch_add(1, Ordering::AcqRel) >= ROOM {
            self.waiting.fetch_sub(1, Ordering::AcqRel);
            DROPPED_FULL.fetch_add(1, Ordering::Relaxed);
            return;
        }
        self.inner.on_end(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.inner.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.inner.set_resource(resource);
    }
}

/// Counts what the collector took and what it did not.
#[derive(Debug)]
struct Counted {
    exporter: OtlpExporter,
    waiting: Arc<AtomicUsize>,
    /// Whether that was said.
    failing: AtomicBool,
    /// Keeps from a collector that takes nothing.
    breaker: Breaker,
}

impl SpanExporter for Counted {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let spans = batch.len();
        let result = if self.breaker.is_call_permitted() {
            let result = self.exporter.export(batch).await;
            match result {
                Ok(()) => self.breaker.on_success(),
                Err(_) => self.breaker.on_error(),
            }
            result
        } else {
            let why = "the collector is left alone for a while, since it took nothing lately";
            Err(OTelSdkError::InternalFailure(why.to_owned()))
        };
        self.waiting.fetch_sub(spans, Ordering::AcqRel);
        let counter = if result.is_ok() {
            &EXPORTED
        } else {
            &DROPPED_EXPORT
        };
        counter.fetch_add(spans as u64, Ordering::Relaxed);
        let failed = self.failing.swap(result.is_err(), Ordering::Relaxed);
        match &result {
            Err(error) if !failed => {
                tracing::warn!(%error, "the collector of traces does not take spans: they are dropped");
            }
            Ok(()) if failed => tracing::info!("the collector of traces takes spans again"),
            _ => {}
        }
        result
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_be_told_to_is_taken() {
        for bad in [
            "",
            "collector",
            "https://collector:4317",
            "http://",
            "a b\n\u{1b}[31m",
        ] {
            let Err(error) = Traces::start(bad) else {
                panic!("{bad} was taken");
            };
            let error = error.to_string();
            assert!(error.contains("such as http://127.0.0.1:4317"), "{error}");
            assert!(!error.contains(['\n', '\u{1b}']), "{error}");
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_collector_that_takes_nothing_is_left_alone_for_a_while() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&connections);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                drop(stream);
            }
        });
        let exporter = OtlpExporter::builder()
            .with_tonic()
            .with_endpoint(endpoint)
            .with_timeout(Duration::from_millis(50))
            .build()
            .unwrap();
        let hour = Duration::from_hours(1);
        let counted = Counted {
            exporter,
            waiting: Arc::new(AtomicUsize::new(0)),
            failing: AtomicBool::new(false),
            breaker: breaker(FAILURES, hour, hour),
        };
        for number in 1..=FAILURES {
            assert!(counted.breaker.is_call_permitted(), "before {number}");
            assert!(counted.export(Vec::new()).await.is_err());
        }
        let before = connections.load(Ordering::SeqCst);
        assert!(before >= 1);
        for _ in 0..10 {
            let error = counted.export(Vec::new()).await.unwrap_err().to_string();
            assert!(error.contains("left alone"), "{error}");
        }
        assert_eq!(connections.load(Ordering::SeqCst), before);
    }

    /// Were a span to wait for room, this would not end.
    #[test]
    fn spans_beyond_the_room_are_dropped_and_counted_while_the_collector_hangs() {
        use tracing_subscriber::layer::SubscriberExt as _;

        // Takes connections (the system does) and says nothing, ever.
        let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", silent.local_addr().unwrap());
        let traces = Traces::start(&endpoint).unwrap();
        let layer = tracing_opentelemetry::layer().with_tracer(traces.tracer());
        let before = DROPPED_FULL.load(Ordering::Relaxed);
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
            for _ in 0..2 * ROOM {
                drop(tracing::info_span!("one"));
            }
        });
        let dropped = DROPPED_FULL.load(Ordering::Relaxed) - before;
        // An export that was given up meanwhile made room again.
        assert!(dropped > 0 && dropped <= ROOM as u64, "{dropped}");
        drop(traces);
        drop(silent);
    }
}

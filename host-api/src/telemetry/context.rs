//! Whose request something is done for: taken from a caller, kept with a proposal, told with logs.

use http::{HeaderMap, Request};
use kbi::ProposalId;
use opentelemetry::propagation::{Extractor, TextMapPropagator as _};
use opentelemetry::trace::{SpanContext, TraceContextExt as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use runtime::Execution;
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use tracing::Span;
use tracing::field::Empty;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use uuid::Uuid;

/// The header in which a caller names its request.
const REQUEST_ID: &str = "x-request-id";
/// The longest name that is taken over.
const LONGEST_REQUEST_ID: usize = 128;

/// Lines of a guest's standard error that its span has, and the most bytes of one.
const GUEST_LINES: usize = 32;
const GUEST_LINE: usize = 256;

/// Proposals whose traces are remembered.
const MOST_ORIGINS: usize = 4096;

/// The span of one request, a child of the caller's where it names one (W3C trace context).
///
/// Calls of tools have one only where traces are told or the log is a debug log: there are
/// thousands a second.
pub(crate) fn request_span(request: &Request<()>) -> Span {
    let path = request.uri().path();
    let method = path.trim_start_matches('/');
    let span = if path.starts_with("/wasm_runner.v1.ExecutionService/") {
        tracing::debug_span!(
            "rpc",
            otel.name = method,
            otel.kind = "server",
            request_id = Empty,
            trace_id = Empty
        )
    } else {
        tracing::info_span!(
            "rpc",
            otel.name = method,
            otel.kind = "server",
            request_id = Empty,
            trace_id = Empty
        )
    };
    if span.is_disabled() {
        return span;
    }
    match request_id(request.headers()) {
        Some(id) => span.record("request_id", id),
        None => span.record("request_id", Uuid::now_v7().to_string()),
    };
    let context = TraceContextPropagator::new().extract(&Headers(request.headers()));
    let trace = context.span().span_context().clone();
    // Without traces of ours the log still says which of the caller's it belongs to.
    if trace.is_valid() && span.set_parent(context).is_err() {
        span.record("trace_id", trace.trace_id().to_string());
    }
    span
}

/// The caller's name for its request, if it is one that can stand in a log.
fn request_id(headers: &HeaderMap) -> Option<&str> {
    let id = headers.get(REQUEST_ID)?.to_str().ok()?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:/+=".contains(&byte);
    let good = !id.is_empty() && id.len() <= LONGEST_REQUEST_ID && id.bytes().all(plain);
    good.then_some(id)
}

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(http::HeaderName::as_str).collect()
    }
}

/// Notes on the span of a run how it ended, and the first lines of its standard error as events.
/// They go to the collector alone, as data: the log has no line of a guest's.
pub(crate) fn note_run(span: &Span, execution: &Execution) {
    if span.is_disabled() {
        return;
    }
    span.record("outcome", execution.outcome.kind().as_str());
    span.record("fuel", execution.usage.fuel);
    span.record("peak_memory_bytes", execution.usage.peak_memory);
    if !span.context().span().is_recording() {
        return;
    }
    let text = String::from_utf8_lossy(&execution.stderr.bytes);
    for line in text.lines().take(GUEST_LINES) {
        let end = line.floor_char_boundary(GUEST_LINE);
        let attribute = KeyValue::new("line", line[..end].to_owned());
        span.add_event("guest.stderr", vec![attribute]);
    }
}

/// In which trace each of the last proposals came in, so that its validation and the decision on
/// it are told in the same. A restart forgets them: what comes after it has a trace of its own.
#[derive(Debug, Default)]
pub(crate) struct Origins(Mutex<Remembered>);

#[derive(Debug, Default)]
struct Remembered {
    by_id: HashMap<ProposalId, SpanContext>,
    order: VecDeque<ProposalId>,
}

impl Origins {
    /// A proposal comes in by the present request.
    pub(crate) fn remember(&self, id: ProposalId) {
        let trace = Span::current().context().span().span_context().clone();
        if trace.is_valid() {
            self.insert(id, trace);
        }
    }

    fn insert(&self, id: ProposalId, trace: SpanContext) {
        let mut remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered.by_id.insert(id, trace).is_some() {
            return;
        }
        remembered.order.push_back(id);
        if remembered.order.len() > MOST_ORIGINS
            && let Some(oldest) = remembered.order.pop_front()
        {
            remembered.by_id.remove(&oldest);
        }
    }

    /// Makes a span part of the trace in which the proposal came in, if that is known. What asked
    /// for it, if that is another request, is linked.
    pub(crate) fn adopt(&self, id: ProposalId, span: &Span) {
        let remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(origin) = remembered.by_id.get(&id).cloned() else {
            return;
        };
        drop(remembered);
        let now = Span::current().context().span().span_context().clone();
        if now.is_valid() && now.trace_id() != origin.trace_id() {
            span.add_link(now);
        }
        // Fails where no traces are told, and nothing was remembered then.
        let _ = span.set_parent(Context::new().with_remote_span_context(origin));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use opentelemetry::trace::{SpanId, TraceFlags, TraceId, TraceState};

    #[test]
    fn a_request_is_named_by_its_caller_only_in_plain_words() {
        let of = |value: &[u8]| {
            let mut headers = HeaderMap::new();
            headers.insert(REQUEST_ID, http::HeaderValue::from_bytes(value).unwrap());
            request_id(&headers).map(str::to_owned)
        };
        assert_eq!(of(b"a-1/2:3").as_deref(), Some("a-1/2:3"));
        assert!(of(&[b'x'; LONGEST_REQUEST_ID]).is_some());
        let too_long = [b'x'; LONGEST_REQUEST_ID + 1];
        for bad in [&b""[..], b"a b", b"a\"b", b"\xff", b"a\tb", &too_long] {
            assert_eq!(of(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn the_last_proposals_are_remembered() {
        let origins = Origins::default();
        let id = |number: usize| ProposalId::from(Uuid::from_u128(number as u128));
        for number in 0..=MOST_ORIGINS {
            let trace = SpanContext::new(
                TraceId::from(number as u128 + 1),
                SpanId::from(1),
                TraceFlags::SAMPLED,
                true,
                TraceState::NONE,
            );
            origins.insert(id(number), trace);
        }
        let remembered = origins.0.lock().unwrap();
        assert_eq!(remembered.by_id.len(), MOST_ORIGINS);
        assert!(!remembered.by_id.contains_key(&id(0)), "one too many");
        assert!(remembered.by_id.contains_key(&id(1)));
    }
}

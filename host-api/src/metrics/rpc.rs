//! Requests by method and code, seen from outside the services.

use super::registry::{Counter, Histogram, Registering};
use super::table;
use crate::proto;
use http::{HeaderMap, Request, Response};
use http_body::{Frame, SizeHint};
use pin_project_lite::pin_project;
use prost::Message as _;
use prost_types::FileDescriptorSet;
use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Instant;
use tonic::body::Body;
use tonic::{Code, Status};
use tower::{Layer, Service};

/// gRPC's codes in the order of their numbers, by the names that metrics of gRPC have for them.
const CODES: [&str; 17] = [
    "OK",
    "Canceled",
    "Unknown",
    "InvalidArgument",
    "DeadlineExceeded",
    "NotFound",
    "AlreadyExists",
    "PermissionDenied",
    "ResourceExhausted",
    "FailedPrecondition",
    "Aborted",
    "OutOfRange",
    "Unimplemented",
    "Internal",
    "Unavailable",
    "DataLoss",
    "Unauthenticated",
];

/// What each method's path leads to. Made once: a request looks its path up and counts.
pub(crate) struct RpcMetrics {
    methods: HashMap<String, Arc<Method>>,
    other: Arc<Method>,
}

struct Method {
    started: Counter,
    handled: [Counter; CODES.len()],
    seconds: Histogram,
    /// Answers with a stream, whose end comes after its beginning.
    streams: bool,
}

impl RpcMetrics {
    pub(super) fn new(registering: &mut Registering) -> Self {
        let started = registering.counters(&table::RPC_STARTED);
        let handled = registering.counters(&table::RPC_HANDLED);
        let seconds = registering.histograms(&table::RPC_SECONDS);
        let method = |kind: &'static str, service: &str, method: &str, streams| {
            let of = || [kind.to_owned(), service.to_owned(), method.to_owned()];
            let [kind, service, method] = of();
            Arc::new(Method {
                started: started.of(of()),
                handled: CODES.map(|code| {
                    handled.of([
                        kind.clone(),
                        service.clone(),
                        method.clone(),
                        code.to_owned(),
                    ])
                }),
                seconds: seconds.of(of()),
                streams,
            })
        };
        let mut methods = HashMap::new();
        for set in [
            proto::FILE_DESCRIPTOR_SET,
            tonic_health::pb::FILE_DESCRIPTOR_SET,
            tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET,
        ] {
            let set = FileDescriptorSet::decode(set).expect("what was compiled in");
            for file in &set.file {
                for service in &file.service {
                    let name = format!("{}.{}", file.package(), service.name());
                    for rpc in &service.method {
                        let kind = match (rpc.client_streaming(), rpc.server_streaming()) {
                            (false, false) => "unary",
                            (true, false) => "client_stream",
                            (false, true) => "server_stream",
                            (true, true) => "bidi_stream",
                        };
                        let found = method(kind, &name, rpc.name(), rpc.server_streaming());
                        methods.insert(format!("/{name}/{}", rpc.name()), found);
                    }
                }
            }
        }
        Self {
            methods,
            other: method("unary", "other", "other", false),
        }
    }

    fn begin(&self, path: &str) -> Open {
        let method = Arc::clone(self.methods.get(path).unwrap_or(&self.other));
        method.started.inc();
        Open {
            method: Some(method),
            at: Instant::now(),
        }
    }
}

/// A request that is being answered. Dropped before its end, it was called off.
struct Open {
    method: Option<Arc<Method>>,
    at: Instant,
}

impl Open {
    fn streams(&self) -> bool {
        self.method.as_ref().is_some_and(|method| method.streams)
    }

    fn end(&mut self, code: Code) {
        if let Some(method) = self.method.take() {
            method.seconds.observe(self.at.elapsed().as_secs_f64());
            // A code is one of these by its type.
            if let Some(counter) = method.handled.get(code as usize) {
                counter.inc();
            }
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.end(Code::Cancelled);
    }
}

/// The code that headers or trailers name, if they do.
fn code(headers: &HeaderMap) -> Option<Code> {
    let value = headers.get(Status::GRPC_STATUS)?;
    Some(Code::from_bytes(value.as_bytes()))
}

/// Counts the requests of what it is laid around.
#[derive(Clone)]
pub(crate) struct RpcLayer(pub(crate) Arc<super::Metrics>);

impl<S> Layer<S> for RpcLayer {
    type Service = Counting<S>;

    fn layer(&self, inner: S) -> Counting<S> {
        Counting {
            inner,
            metrics: Arc::clone(&self.0),
        }
    }
}

/// A service whose requests are counted.
#[derive(Clone)]
pub(crate) struct Counting<S> {
    inner: S,
    metrics: Arc<super::Metrics>,
}

impl<S> Service<Request<Body>> for Counting<S>
where
    S: Service<Request<Body>, Response = Response<Body>>,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Answer<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let open = self.metrics.rpc.begin(request.uri().path());
        Answer {
            inner: self.inner.call(request),
            open: Some(open),
        }
    }
}

pin_project! {
    /// An answer that is on its way.
    pub(crate) struct Answer<F> {
        #[pin]
        inner: F,
        open: Option<Open>,
    }
}

impl<F, E> Future for Answer<F>
where
    F: Future<Output = Result<Response<Body>, E>>,
{
    type Output = Result<Response<Body>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let result = ready!(this.inner.poll(context));
        let Some(mut open) = this.open.take() else {
            return Poll::Ready(result);
        };
        Poll::Ready(match result {
            Err(error) => {
                open.end(Code::Internal);
                Err(error)
            }
            Ok(response) => match code(response.headers()) {
                Some(code) => {
                    open.end(code);
                    Ok(response)
                }
                None if open.streams() => {
                    Ok(response.map(|inner| Body::new(CountedBody { inner, open })))
                }
                // One message that is there, and no error before it: nothing is left to go
                // wrong, so the answer needs no wrapping, which would cost each call.
                None => {
                    open.end(Code::Ok);
                    Ok(response)
                }
            },
        })
    }
}

pin_project! {
    /// A stream of messages, watched to its end.
    struct CountedBody {
        #[pin]
        inner: Body,
        open: Open,
    }
}

impl http_body::Body for CountedBody {
    type Data = bytes::Bytes;
    type Error = Status;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Status>>> {
        let this = self.project();
        let frame = ready!(this.inner.poll_frame(context));
        match &frame {
            None => this.open.end(Code::Ok),
            Some(Err(status)) => this.open.end(status.code()),
            Some(Ok(frame)) => {
                if let Some(code) = frame.trailers_ref().and_then(code) {
                    this.open.end(code);
                }
            }
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

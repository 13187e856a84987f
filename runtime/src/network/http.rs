//! `wasi:http`: a guest's outgoing requests, each judged, counted and bounded.
//!
//! This is what wasmtime-wasi-http asks to send a request, for WASI 0.2 and 0.3 alike. What goes
//! out is what the guest wrote, but for `Host`, which is ours; nothing is followed, retried, kept
//! for the next request or sent through a proxy.

use super::beside::Beside;
use super::outside::{Destination, Exchange};
use super::{Host, Network, Refusal};
use bytes::Bytes;
use http::header::{self, HeaderName, HeaderValue};
use http::uri::{Authority, Scheme};
use http::{HeaderMap, Method, Request, Response, StatusCode, Uri};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use wasmtime_wasi_http::{
    DEFAULT_FORBIDDEN_HEADERS, Error, ForbiddenHeaderFilter, RequestOptions, WasiBody,
    WasiHttpHooks,
};

/// What this is called where something is denied.
const WHAT: &str = "http request";
/// Names and values of a message's fields together, and what its first line holds, in bytes.
const MAX_HEAD: usize = 64 << 10;
/// A request's path with its query, in bytes.
const MAX_PATH: usize = 16 << 10;
/// A message's trailer fields together, in bytes.
const MAX_TRAILERS: usize = 16 << 10;
/// What a guest can give to a request's body at once, in bytes.
const CHUNK: usize = 64 << 10;

/// Fields that a guest can't set beside [`DEFAULT_FORBIDDEN_HEADERS`]: they speak to the next hop,
/// and that is us.
const FORBIDDEN: [HeaderName; 2] = [header::TE, header::EXPECT];

/// A response, and what is to be polled while its body is read.
pub(super) type Sent = (
    Response<WasiBody>,
    Box<dyn Future<Output = Result<(), Error>> + Send>,
);

/// A run's `wasi:http`.
pub(crate) struct Http {
    network: Option<Network>,
    /// What goes on beside the guest, where that is not a task of its own.
    beside: Option<Beside>,
}

impl Http {
    pub(crate) fn new(network: Option<Network>, beside: Option<Beside>) -> Self {
        Self { network, beside }
    }

    pub(crate) fn beside(&mut self) -> Option<&mut Beside> {
        self.beside.as_mut()
    }
}

impl WasiHttpHooks for Http {
    fn forbidden_header_filter(&mut self) -> ForbiddenHeaderFilter {
        Arc::new(|name| DEFAULT_FORBIDDEN_HEADERS.contains(name) || FORBIDDEN.contains(name))
    }

    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<dyn Future<Output = Result<Sent, Error>> + Send> {
        let network = self.network.clone();
        let sent = async move {
            let network = network.ok_or(Error::HttpRequestDenied)?;
            let ended = network.ended().clone();
            let sent = tokio::select! {
                biased;
                () = ended.cancelled() => return Err(Error::ConnectionTerminated),
                sent = send(network, request, options.unwrap_or_default()) => sent,
            };
            let (response, driver) = sent?;
            let driver = async move {
                tokio::select! {
                    biased;
                    () = ended.cancelled() => Ok(()),
                    result = Box::into_pin(driver) => result,
                }
            };
            Ok((response, Box::new(driver) as _))
        };
        match &mut self.beside {
            Some(beside) => beside.begin(Box::pin(sent)),
            None => Box::new(sent),
        }
    }

    fn p2_outgoing_body_chunk_size(&mut self) -> usize {
        CHUNK
    }

    fn p3_outgoing_body_chunk_size(&mut self) -> usize {
        CHUNK
    }
}

/// Where a request is to go.
struct Target {
    host: Host,
    port: u16,
    tls: bool,
    /// As the `Host` field says it.
    shown: String,
}

impl Target {
    fn of(uri: &Uri) -> Result<Self, Error> {
        let tls = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS => true,
            Some(scheme) if *scheme == Scheme::HTTP => false,
            _ => return Err(Error::HttpRequestUriInvalid),
        };
        let authority = uri.authority().ok_or(Error::HttpRequestUriInvalid)?;
        let (host, port) = split(authority).ok_or(Error::HttpRequestUriInvalid)?;
        let default = if tls { 443 } else { 80 };
        let shown = match port {
            Some(port) if port != default => format!("{host}:{port}"),
            _ => host.to_string(),
        };
        let port = port.unwrap_or(default);
        Ok(Self {
            host,
            port,
            tls,
            shown,
        })
    }
}

/// A host and a port that is a number above zero. No user, and nothing that one reader takes for
/// the host and another for something else.
fn split(authority: &Authority) -> Option<(Host, Option<u16>)> {
    let text = authority.as_str();
    let end = if text.starts_with('[') {
        text.find(']')? + 1
    } else {
        text.find(':').unwrap_or(text.len())
    };
    let (host, rest) = text.split_at(end);
    let port = match rest.strip_prefix(':') {
        None if rest.is_empty() => None,
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some(digits.parse().ok().filter(|port| *port > 0)?)
        }
        _ => return None,
    };
    Some((Host::parse(host)?, port))
}

async fn send(
    network: Network,
    mut request: Request<WasiBody>,
    options: RequestOptions,
) -> Exchange {
    // A tunnel would lead on to where nothing is judged.
    if request.method() == Method::CONNECT {
        return Err(Error::HttpRequestMethodInvalid);
    }
    let target = Target::of(request.uri())?;
    let to = network.route(WHAT, &target.host, target.port).await;
    let to = to.map_err(|refusal| error(&refusal))?;

    let path = request.uri().path_and_query();
    let path = path.map_or("/", |path| path.as_str()).to_owned();
    if path.len() > MAX_PATH {
        return Err(Error::HttpRequestUriTooLong);
    }
    // The head as it is sent: the path alone, and a `Host` that says where it goes.
    *request.uri_mut() = path.parse().map_err(|_| Error::HttpRequestUriInvalid)?;
    *request.version_mut() = http::Version::HTTP_11;
    let host = HeaderValue::try_from(target.shown).map_err(|_| Error::HttpRequestUriInvalid)?;
    request.headers_mut().insert(header::HOST, host);
    let size = request.method().as_str().len() + path.len() + fields(request.headers());
    if size > MAX_HEAD {
        let size = u32::try_from(size).ok();
        return Err(Error::HttpRequestHeaderSectionSize(size));
    }
    network
        .sends(WHAT, size)
        .map_err(|refusal| error(&refusal))?;

    let left = network
        .deadline()
        .saturating_duration_since(std::time::Instant::now());
    // Where the guest asked for none, the run's own end comes first.
    let left = left.saturating_add(Duration::from_secs(1));
    let within = |asked: Option<Duration>| asked.map_or(left, |asked| asked.min(left));
    let destination = Destination {
        tls: target.tls.then(|| target.host.clone()),
        // Judged once more, as they are now used.
        to: to.into_iter().filter(|to| network.reaches(*to)).collect(),
        connect: within(options.connect_timeout),
        first_byte: within(options.first_byte_timeout),
        between: within(options.between_bytes_timeout),
    };
    let outgoing = Counted::new(network.clone(), Direction::Out);
    let request = request.map(|body| outgoing.over(body));
    let (response, driver) = network.outside().exchange(destination, request).await?;

    // Nobody asked for another protocol.
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        return Err(Error::HttpUpgradeFailed);
    }
    let size = fields(response.headers());
    if size > MAX_HEAD {
        let size = u32::try_from(size).ok();
        return Err(Error::HttpResponseHeaderSectionSize(size));
    }
    network
        .receives(WHAT, size)
        .map_err(|refusal| error(&refusal))?;
    let incoming = Counted::new(network, Direction::In);
    Ok((response.map(|body| incoming.over(body)), driver))
}

/// A message's fields in bytes, as they are written: each with `: ` and its line's end.
fn fields(fields: &HeaderMap) -> usize {
    let size = |(name, value): (&HeaderName, &HeaderValue)| name.as_str().len() + value.len() + 4;
    fields.iter().map(size).sum()
}

/// What the guest is told of a refusal.
fn error(refusal: &Refusal) -> Error {
    match refusal {
        Refusal::Special { .. } => Error::DestinationIpProhibited,
        Refusal::Requests(_) | Refusal::Sockets => Error::ConnectionLimitReached,
        Refusal::NoHost => Error::HttpRequestUriInvalid,
        Refusal::Unresolved(_) => Error::DnsError {
            rcode: None,
            info_code: None,
        },
        Refusal::NotGranted | Refusal::Inward | Refusal::Bytes(_) => Error::HttpRequestDenied,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Out,
    In,
}

/// A body of which every byte is counted.
struct Counted {
    body: WasiBody,
    network: Network,
    direction: Direction,
    broken: bool,
}

impl Counted {
    fn new(network: Network, direction: Direction) -> Self {
        Self {
            body: http_body_util::Empty::new()
                .map_err(|never| match never {})
                .boxed_unsync(),
            network,
            direction,
            broken: false,
        }
    }

    fn over(mut self, body: WasiBody) -> WasiBody {
        self.body = body;
        self.boxed_unsync()
    }

    fn count(&self, frame: &Frame<Bytes>) -> Result<(), Error> {
        let (bytes, is_data) = match (frame.data_ref(), frame.trailers_ref()) {
            (Some(data), _) => (data.len(), true),
            (_, Some(trailers)) => (fields(trailers), false),
            _ => (0, true),
        };
        let size = u32::try_from(bytes).ok();
        let out = self.direction == Direction::Out;
        if !is_data && bytes > MAX_TRAILERS {
            return Err(if out {
                Error::HttpRequestTrailerSectionSize(size)
            } else {
                Error::HttpResponseTrailerSectionSize(size)
            });
        }
        let (counted, over) = if out {
            let counted = self.network.sends("http request body", bytes);
            (counted, Error::HttpRequestBodySize(None))
        } else {
            let counted = self.network.receives("http response body", bytes);
            (counted, Error::HttpResponseBodySize(None))
        };
        counted.map_err(|_| over)
    }
}

impl Body for Counted {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if self.broken {
            return Poll::Ready(None);
        }
        let this = &mut *self;
        let frame = ready!(Pin::new(&mut this.body).poll_frame(context));
        let Some(Ok(frame)) = frame else {
            return Poll::Ready(frame);
        };
        Poll::Ready(Some(match this.count(&frame) {
            Ok(()) => Ok(frame),
            Err(error) => {
                this.broken = true;
                Err(error)
            }
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.broken || self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests;

//! The network of a component, recorded or told again.
//!
//! It lies where the rules let something through and beneath the counts ([`Outside`]). What a
//! request does by itself (a piece of its body is taken, its response comes) happens only while
//! the guest is in a host call, one thing after the other (`network::Beside`), and each is kept
//! when it happens. So a replay, which gives the same in the same order, comes to the same counts
//! and to the same limits at the same byte.

use super::kept::Kept;
use super::tape::Tape;
use crate::network::{Destination, Exchange, Outside};
use bytes::Bytes;
use futures::future::BoxFuture;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt as _;
use std::future::poll_fn;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, ready};
use wasmtime_wasi_http::{Error, WasiBody};

/// What happens, as recordings name it; the number beside it is the request's or the look-up's.
const LOOKED_UP: &str = "event: name looked up";
const TAKEN: &str = "event: request body taken";
const LET_GO: &str = "event: request body let go";
const HEAD: &str = "event: response";
const FRAME: &str = "event: response body";
const OVER: &str = "event: connection over";

/// Records what the network answers, or stands for it.
#[derive(Debug)]
pub(crate) struct Told {
    outside: Arc<dyn Outside>,
    tape: Tape,
    lookups: AtomicU32,
    requests: AtomicU32,
}

impl Told {
    pub(crate) fn new(outside: Arc<dyn Outside>, tape: Tape) -> Self {
        Self {
            outside,
            tape,
            lookups: AtomicU32::new(0),
            requests: AtomicU32::new(0),
        }
    }
}

impl Outside for Told {
    fn lookup<'a>(&'a self, name: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
        Box::pin(async move {
            let id = self.lookups.fetch_add(1, Ordering::Relaxed);
            let found: Result<Vec<IpAddr>, String> = if self.tape.replays() {
                happens(&self.tape, LOOKED_UP, id).await
            } else {
                let found = self.outside.lookup(name).await;
                let found = found.map_err(|error| error.to_string());
                self.tape.happened(LOOKED_UP, id, &found);
                found
            };
            found.map_err(io::Error::other)
        })
    }

    fn exchange(
        &self,
        destination: Destination,
        request: Request<WasiBody>,
    ) -> BoxFuture<'static, Exchange> {
        let id = self.requests.fetch_add(1, Ordering::Relaxed);
        let tape = self.tape.clone();
        if tape.replays() {
            return Box::pin(again(tape, id, request.into_body()));
        }
        let request = request.map(|body| Outgoing::new(body, tape.clone(), id).boxed_unsync());
        let sent = self.outside.exchange(destination, request);
        Box::pin(async move {
            let (response, driver) = match sent.await {
                Ok(sent) => sent,
                Err(error) => {
                    let error = plain(error);
                    tape.happened(HEAD, id, &Err::<Head, _>(Failed(&error)));
                    return Err(error);
                }
            };
            tape.happened(HEAD, id, &Ok::<_, Failed<&Error>>(Head::of(&response)));
            let came = |body| Incoming {
                body: Some(body),
                tape: tape.clone(),
                id,
            };
            let response = response.map(|body| came(body).boxed_unsync());
            let driver = async move {
                let ended = Box::into_pin(driver).await.map_err(plain);
                tape.happened(OVER, id, &());
                ended
            };
            Ok((response, Box::new(driver) as _))
        })
    }
}

/// In a replay, something that is to happen. Whoever polls it looks whether it does.
async fn happens<T: Kept>(tape: &Tape, kind: &str, id: u32) -> T {
    poll_fn(|_| match tape.happens(kind, id) {
        Some(what) => Poll::Ready(what),
        None => Poll::Pending,
    })
    .await
}

/// A request and its response as they were.
async fn again(tape: Tape, id: u32, body: WasiBody) -> Exchange {
    let mut outgoing = Some(Outgoing::new(body, tape.clone(), id));
    let head: Result<Head, Failed<Error>> = poll_fn(|context| {
        take_as_then(&mut outgoing, context);
        match tape.happens(HEAD, id) {
            Some(head) => Poll::Ready(head),
            None => Poll::Pending,
        }
    })
    .await;
    let head = head.map_err(|Failed(error)| error)?;
    let incoming = Incoming {
        body: None,
        tape: tape.clone(),
        id,
    };
    let response = head.response(incoming.boxed_unsync());
    let driver = poll_fn(move |context| {
        take_as_then(&mut outgoing, context);
        match tape.happens(OVER, id) {
            Some(()) => Poll::Ready(Ok(())),
            None => Poll::Pending,
        }
    });
    Ok((response, Box::new(driver)))
}

/// Takes as much of a request's body as was taken then.
fn take_as_then(outgoing: &mut Option<Outgoing>, context: &mut Context<'_>) {
    while let Some(body) = outgoing {
        if body.tape.is_next(TAKEN, body.id) {
            // What the guest has not written yet is taken once it has.
            if Pin::new(body).poll_frame(context).is_pending() {
                return;
            }
        } else if body.tape.is_next(LET_GO, body.id) {
            *outgoing = None;
        } else {
            return;
        }
    }
}

/// A request's body, on its way to the network.
struct Outgoing {
    body: WasiBody,
    tape: Tape,
    id: u32,
}

impl Outgoing {
    fn new(body: WasiBody, tape: Tape, id: u32) -> Self {
        Self { body, tape, id }
    }
}

/// What kind a frame is of, and its size.
fn measure(frame: Option<&Result<Frame<Bytes>, Error>>) -> (u8, u64) {
    match frame {
        None => (0, 0),
        Some(Err(_)) => (1, 0),
        Some(Ok(frame)) => match (frame.data_ref(), frame.trailers_ref()) {
            (Some(data), _) => (2, data.len() as u64),
            (_, Some(trailers)) => (3, trailers.len() as u64),
            _ => (4, 0),
        },
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        let now = measure(frame.as_ref());
        if !self.tape.replays() {
            self.tape.happened(TAKEN, self.id, &now);
        } else if self.tape.happens(TAKEN, self.id) != Some(now) {
            self.tape.differs("the request's body is another");
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Outgoing {
    /// Then the guest can write no more of it.
    fn drop(&mut self) {
        self.tape.happened(LET_GO, self.id, &());
        let _ = self.tape.happens::<()>(LET_GO, self.id);
    }
}

/// A response's body, on its way to the guest; without one it is as it was then.
struct Incoming {
    body: Option<WasiBody>,
    tape: Tape,
    id: u32,
}

impl Body for Incoming {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let Some(body) = &mut self.body else {
            return match self.tape.happens(FRAME, self.id) {
                Some(Came(frame)) => Poll::Ready(frame),
                None => Poll::Pending,
            };
        };
        let frame = ready!(Pin::new(body).poll_frame(context));
        let frame = Came(frame.map(|frame| frame.map_err(plain)));
        self.tape.happened(FRAME, self.id, &frame);
        Poll::Ready(frame.0)
    }
}

/// A response's head.
struct Head {
    status: u16,
    fields: Vec<(String, Vec<u8>)>,
}

impl Head {
    fn of(response: &Response<WasiBody>) -> Self {
        Self {
            status: response.status().as_u16(),
            fields: listed(response.headers()),
        }
    }

    fn response(self, body: WasiBody) -> Response<WasiBody> {
        let mut response = Response::new(body);
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or_default();
        *response.headers_mut() = fields(&self.fields).unwrap_or_default();
        response
    }
}

impl Kept for Head {
    fn put(&self, to: &mut Vec<u8>) {
        self.status.put(to);
        self.fields.put(to);
    }

    fn take(from: &mut &[u8]) -> Option<Self> {
        let head = Self {
            status: u16::take(from)?,
            fields: Kept::take(from)?,
        };
        StatusCode::from_u16(head.status).ok()?;
        fields(&head.fields)?;
        Some(head)
    }
}

fn listed(fields: &HeaderMap) -> Vec<(String, Vec<u8>)> {
    let field = |(name, value): (&HeaderName, &HeaderValue)| {
        (name.as_str().to_owned(), value.as_bytes().to_vec())
    };
    fields.iter().map(field).collect()
}

/// More fields than this no message has that came in.
const MAX_FIELDS: usize = 1 << 14;

fn fields(list: &[(String, Vec<u8>)]) -> Option<HeaderMap> {
    if list.len() > MAX_FIELDS {
        return None;
    }
    let mut fields = HeaderMap::new();
    for (name, value) in list {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        fields
            .try_append(name, HeaderValue::from_bytes(value).ok()?)
            .ok()?;
    }
    Some(fields)
}

/// A piece of a response's body, or its end.
struct Came(Option<Result<Frame<Bytes>, Error>>);

impl Kept for Came {
    fn put(&self, to: &mut Vec<u8>) {
        match &self.0 {
            None => to.push(0),
            Some(Err(error)) => {
                to.push(1);
                Failed(error).put(to);
            }
            Some(Ok(frame)) => match (frame.data_ref(), frame.trailers_ref()) {
                (Some(data), _) => {
                    to.push(2);
                    data.put(to);
                }
                (_, trailers) => {
                    to.push(3);
                    trailers.map(listed).unwrap_or_default().put(to);
                }
            },
        }
    }

    fn take(from: &mut &[u8]) -> Option<Self> {
        Some(Self(match u8::take(from)? {
            0 => None,
            1 => Some(Err(Failed::take(from)?.0)),
            2 => Some(Ok(Frame::data(Bytes::take(from)?))),
            3 => Some(Ok(Frame::trailers(fields(&Vec::take(from)?)?))),
            _ => return None,
        }))
    }
}

/// An error that says no more than its WASI code does: what libraries say of theirs is not the
/// same twice. As `wasmtime_wasi_http` has it where a guest asks.
fn plain(error: Error) -> Error {
    match error {
        Error::Hyper(_) => Error::HttpProtocolError,
        Error::Connect(_) => Error::ConnectionRefused,
        Error::Tls(_) => Error::TlsProtocolError,
        error => error,
    }
}

/// How a request failed.
struct Failed<E>(E);

macro_rules! errors {
    (
        plain { $($plain_number:literal $plain:ident,)* }
        sized { $($sized_number:literal $sized:ident,)* }
        field { $($field_number:literal $field:ident,)* }
    ) => {
        impl Kept for Failed<&Error> {
            fn put(&self, to: &mut Vec<u8>) {
                match self.0 {
                    $(Error::$plain => to.push($plain_number),)*
                    $(Error::$sized(value) => {
                        to.push($sized_number);
                        value.put(to);
                    })*
                    $(Error::$field { field_name, field_size } => {
                        to.push($field_number);
                        field_name.put(to);
                        field_size.put(to);
                    })*
                    Error::DnsError { rcode, info_code } => {
                        to.push(100);
                        rcode.put(to);
                        info_code.put(to);
                    }
                    Error::TlsAlertReceived { alert_id, alert_message } => {
                        to.push(101);
                        alert_id.put(to);
                        alert_message.put(to);
                    }
                    other => {
                        to.push(102);
                        Some(other.to_string()).put(to);
                    }
                }
            }

            fn take(_: &mut &[u8]) -> Option<Self> {
                None
            }
        }

        impl Kept for Failed<Error> {
            fn put(&self, to: &mut Vec<u8>) {
                Failed(&self.0).put(to);
            }

            fn take(from: &mut &[u8]) -> Option<Self> {
                Some(Self(match u8::take(from)? {
                    $($plain_number => Error::$plain,)*
                    $($sized_number => Error::$sized(Kept::take(from)?),)*
                    $($field_number => Error::$field {
                        field_name: Kept::take(from)?,
                        field_size: Kept::take(from)?,
                    },)*
                    100 => Error::DnsError {
                        rcode: Kept::take(from)?,
                        info_code: Kept::take(from)?,
                    },
                    101 => Error::TlsAlertReceived {
                        alert_id: Kept::take(from)?,
                        alert_message: Kept::take(from)?,
                    },
                    102 => Error::InternalError(Kept::take(from)?),
                    _ => return None,
                }))
            }
        }

        #[cfg(test)]
        const NUMBERS: &[u8] =
            &[$($plain_number,)* $($sized_number,)* $($field_number,)* 100, 101, 102];
    };
}

errors! {
    plain {
        0 DnsTimeout,
        1 DestinationNotFound,
        2 DestinationUnavailable,
        3 DestinationIpProhibited,
        4 DestinationIpUnroutable,
        5 ConnectionRefused,
        6 ConnectionTerminated,
        7 ConnectionTimeout,
        8 ConnectionReadTimeout,
        9 ConnectionWriteTimeout,
        10 ConnectionLimitReached,
        11 TlsProtocolError,
        12 TlsCertificateError,
        13 HttpRequestDenied,
        14 HttpRequestLengthRequired,
        15 HttpRequestMethodInvalid,
        16 HttpRequestUriInvalid,
        17 HttpRequestUriTooLong,
        18 HttpResponseIncomplete,
        19 HttpResponseTimeout,
        20 HttpUpgradeFailed,
        21 HttpProtocolError,
        22 LoopDetected,
        23 ConfigurationError,
    }
    sized {
        40 HttpRequestBodySize,
        41 HttpResponseBodySize,
        42 HttpRequestHeaderSectionSize,
        43 HttpRequestTrailerSectionSize,
        44 HttpResponseHeaderSectionSize,
        45 HttpResponseTrailerSectionSize,
        46 HttpResponseTransferCoding,
        47 HttpResponseContentCoding,
        48 InternalError,
    }
    field {
        60 HttpRequestHeaderSize,
        61 HttpRequestTrailerSize,
        62 HttpResponseHeaderSize,
        63 HttpResponseTrailerSize,
    }
}

#[cfg(test)]
mod tests {
    use super::super::kept::{packed, unpacked};
    use super::*;

    #[test]
    fn each_error_is_told_as_the_one_that_it_was() {
        for number in NUMBERS {
            // `None` for whatever it has, and so that it is whole for those with two.
            let bytes = [*number, 0, 0];
            let read = (1..=3).find_map(|length| unpacked::<Failed<Error>>(&bytes[..length]));
            let Failed(error) = read.unwrap_or_else(|| panic!("{number}"));
            let again: Failed<Error> = unpacked(&packed(&Failed(&error))).expect("it was kept");
            assert_eq!(format!("{:?}", again.0), format!("{error:?}"), "{number}");
        }
        assert!(unpacked::<Failed<Error>>(&[255]).is_none());
    }

    #[test]
    fn a_head_that_no_response_has_is_none() {
        let head = |status, name: &str| {
            let fields = vec![(name.to_owned(), b"1".to_vec())];
            unpacked::<Head>(&packed(&Head { status, fields })).is_some()
        };
        assert!(head(200, "x-a"));
        assert!(!head(99, "x-a"));
        assert!(!head(200, "x a"));
        assert!(!head(200, ""));
    }

    #[test]
    fn frames_are_told_as_they_were() {
        let data = Came(Some(Ok(Frame::data(Bytes::from_static(b"abc")))));
        let Came(Some(Ok(frame))) = unpacked(&packed(&data)).expect("it was kept") else {
            panic!("no frame");
        };
        assert_eq!(frame.data_ref().map(|data| &data[..]), Some(&b"abc"[..]));
        let mut trailers = HeaderMap::new();
        trailers.append("x-a", HeaderValue::from_static("1"));
        trailers.append("x-a", HeaderValue::from_static("2"));
        let came = Came(Some(Ok(Frame::trailers(trailers.clone()))));
        let Came(Some(Ok(frame))) = unpacked(&packed(&came)).expect("it was kept") else {
            panic!("no frame");
        };
        assert_eq!(frame.trailers_ref(), Some(&trailers));
    }
}

//! One request and its response over a connection of their own.

use super::outside::{Destination, Exchange};
use super::tls::{Tls, server_name};
use bytes::Bytes;
use http::Request;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::client::conn::http1;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep, timeout};
use wasmtime_wasi_http::io::TokioIo;
use wasmtime_wasi_http::{Error, WasiBody};

/// Room for a response's head, and for what is read of its body at once, in bytes.
const BUFFER: usize = 64 << 10;
/// Fields of a response.
const MAX_FIELDS: usize = 128;

trait Io: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

pub(super) async fn exchange(
    tls: &Tls,
    destination: Destination,
    request: Request<WasiBody>,
) -> Exchange {
    let connected = timeout(destination.connect, connect(tls, &destination)).await;
    let io = connected.map_err(|_| Error::ConnectionTimeout)??;
    let mut http = http1::Builder::new();
    http.max_buf_size(BUFFER).max_headers(MAX_FIELDS);
    let (mut sender, connection) = http.handshake(TokioIo::new(io)).await?;

    let mut connection = Some(connection);
    let mut response = std::pin::pin!(timeout(
        destination.first_byte,
        sender.send_request(request)
    ));
    // The connection is driven from here until the head is there, then by whoever reads the body.
    let response = poll_fn(|context| {
        if let Poll::Ready(response) = response.as_mut().poll(context) {
            return Poll::Ready(response);
        }
        let Some(driver) = &mut connection else {
            return Poll::Pending;
        };
        match Pin::new(driver).poll(context) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Err(error)) => Poll::Ready(Ok(Err(error))),
            Poll::Ready(Ok(())) => {
                connection = None;
                response.as_mut().poll(context)
            }
        }
    });
    let response = response.await.map_err(|_| Error::ConnectionReadTimeout)?;
    let response = response.map_err(read_error)?;
    let driver = async move {
        match connection {
            Some(connection) => connection.await.map_err(read_error),
            None => Ok(()),
        }
    };
    let between = destination.between;
    let response = response.map(|body| {
        let body = body.map_err(read_error).boxed_unsync();
        Timed::new(body, between).boxed_unsync()
    });
    Ok((response, Box::new(driver)))
}

/// A body whose pieces have to come in time.
struct Timed {
    body: WasiBody,
    /// What may pass between two pieces.
    between: Duration,
    over: Pin<Box<Sleep>>,
    broken: bool,
}

impl Timed {
    fn new(body: WasiBody, between: Duration) -> Self {
        Self {
            body,
            between,
            over: Box::pin(sleep(between)),
            broken: false,
        }
    }
}

impl Body for Timed {
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
        let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(context) else {
            ready!(this.over.as_mut().poll(context));
            this.broken = true;
            return Poll::Ready(Some(Err(Error::ConnectionReadTimeout)));
        };
        let when = Instant::now().checked_add(this.between);
        this.over.as_mut().reset(when.unwrap_or_else(Instant::now));
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.broken || self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

async fn connect(tls: &Tls, destination: &Destination) -> Result<Box<dyn Io>, Error> {
    let stream = first_that_answers(&destination.to).await;
    let stream = stream.map_err(Error::Connect)?;
    let Some(host) = &destination.tls else {
        return Ok(Box::new(stream));
    };
    let name = server_name(host).ok_or(Error::HttpRequestUriInvalid)?;
    let connector = tls.connector();
    let connector = connector.map_err(|error| Error::InternalError(Some(error.to_string())))?;
    let stream = connector.connect(name, stream).await.map_err(|error| {
        let is_certificate = error
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<tokio_rustls::rustls::Error>())
            .is_some_and(|inner| {
                matches!(inner, tokio_rustls::rustls::Error::InvalidCertificate(_))
            });
        if is_certificate {
            Error::TlsCertificateError
        } else {
            Error::Tls(error)
        }
    })?;
    Ok(Box::new(stream))
}

async fn first_that_answers(to: &[SocketAddr]) -> io::Result<TcpStream> {
    let mut failed = io::Error::from(io::ErrorKind::HostUnreachable);
    for address in to {
        match TcpStream::connect(*address).await {
            Ok(stream) => {
                // A request and its response: nothing is won by waiting for more.
                stream.set_nodelay(true)?;
                return Ok(stream);
            }
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

fn read_error(error: hyper::Error) -> Error {
    if error.is_parse_too_large() {
        Error::HttpResponseHeaderSectionSize(None)
    } else if error.is_incomplete_message() {
        Error::HttpResponseIncomplete
    } else {
        // What the request's own body said no to comes through here as well.
        match std::error::Error::source(&error).and_then(|inner| inner.downcast_ref::<Error>()) {
            Some(Error::HttpRequestBodySize(size)) => Error::HttpRequestBodySize(*size),
            Some(Error::HttpRequestTrailerSectionSize(size)) => {
                Error::HttpRequestTrailerSectionSize(*size)
            }
            _ => Error::Hyper(error),
        }
    }
}

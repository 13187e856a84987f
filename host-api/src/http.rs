//! Small HTTP on ports of their own: for scrapers, and for who tells of alerts.
//!
//! Whoever connects may ask once, has ten seconds in all, and is one of few: who asks and never reads
//! holds one of a few places for that long, and nothing else of the service's.

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use runtime::CancellationToken;
use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

/// How long a connection lasts at most.
const LIFETIME: Duration = Duration::from_secs(10);
/// Connections at the same time; more are closed at once.
const MOST_CONNECTIONS: usize = 16;
/// The largest head of a request.
const LONGEST_HEAD: usize = 16 * 1024;
/// After an error of accepting, such as too many open files.
const PAUSE: Duration = Duration::from_millis(100);

/// What an answer is made of.
pub(crate) type Answer = Response<Full<Bytes>>;

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// It was answered.
    Served,
    /// It was not done in time, as one that never reads.
    CutOff,
    /// There were too many.
    Refused,
    /// It went away, or said nothing that can be understood.
    Broken,
}

/// Answers until it is told to end, and tells how each connection ended.
pub(crate) async fn serve<A, F>(
    listener: TcpListener,
    end: CancellationToken,
    answer: A,
    ended: impl Fn(Ended) + Send + Sync + 'static,
) where
    A: Fn(Request<Incoming>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Answer> + Send,
{
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let ended = Arc::new(ended);
    loop {
        let accepted = tokio::select! {
            () = end.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::debug!(%error, "a connection could not be taken in");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            ended(Ended::Refused);
            continue;
        };
        let (answer, ended, end) = (answer.clone(), Arc::clone(&ended), end.clone());
        tokio::spawn(async move {
            let _place = place;
            tokio::select! {
                () = end.cancelled() => {}
                how = connection(stream, answer) => ended(how),
            }
        });
    }
}

/// One connection to its end.
async fn connection<A, F>(stream: TcpStream, answer: A) -> Ended
where
    A: Fn(Request<Incoming>) -> F,
    F: Future<Output = Answer>,
{
    let service = service_fn(|request| {
        let answer = answer(request);
        async move { Ok::<_, Infallible>(answer.await) }
    });
    let connection = http1::Builder::new()
        .keep_alive(false)
        .max_buf_size(LONGEST_HEAD)
        .serve_connection(TokioIo::new(stream), service);
    match tokio::time::timeout(LIFETIME, connection).await {
        Ok(Ok(())) => Ended::Served,
        Ok(Err(_)) => Ended::Broken,
        Err(_) => Ended::CutOff,
    }
}

/// An answer in plain text.
pub(crate) fn text(status: StatusCode, text: impl Into<Bytes>) -> Answer {
    let mut response = Response::new(Full::new(text.into()));
    *response.status_mut() = status;
    response
}

//! The endpoint that scrapers read, on a port of its own.
//!
//! Whoever connects may ask once, has ten seconds in all, and is one of few: a scraper that asks
//! and never reads holds one of a few places for that long, and nothing else of the service's.

use super::{Metrics, Sources};
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use runtime::CancellationToken;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

/// What the text that is sent is, by OpenMetrics.
pub(crate) const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// How long a connection lasts at most.
const LIFETIME: Duration = Duration::from_secs(10);
/// Connections at the same time; more are closed at once.
const MOST_CONNECTIONS: usize = 16;
/// The largest head of a request.
const LONGEST_HEAD: usize = 16 * 1024;
/// After an error of accepting, such as too many open files.
const PAUSE: Duration = Duration::from_millis(100);

/// Answers until it is told to end.
pub(crate) async fn serve(
    listener: TcpListener,
    metrics: Arc<Metrics>,
    sources: Arc<Sources>,
    end: CancellationToken,
) {
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    loop {
        let accepted = tokio::select! {
            () = end.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::debug!(%error, "a scraper could not be taken in");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            metrics.scrapes_refused.inc();
            continue;
        };
        let (metrics, sources) = (Arc::clone(&metrics), Arc::clone(&sources));
        let end = end.clone();
        tokio::spawn(async move {
            let _place = place;
            tokio::select! {
                () = end.cancelled() => {}
                () = connection(stream, &metrics, &sources) => {}
            }
        });
    }
}

/// One connection to its end.
async fn connection(stream: TcpStream, metrics: &Arc<Metrics>, sources: &Arc<Sources>) {
    let service = service_fn(|request| answer(request, metrics, sources));
    let connection = http1::Builder::new()
        .keep_alive(false)
        .max_buf_size(LONGEST_HEAD)
        .serve_connection(TokioIo::new(stream), service);
    match tokio::time::timeout(LIFETIME, connection).await {
        Ok(Ok(())) => metrics.scrapes_served.inc(),
        // It went away, or said nothing that can be understood.
        Ok(Err(_)) => 0,
        Err(_) => metrics.scrapes_cut_off.inc(),
    };
}

async fn answer(
    request: Request<Incoming>,
    metrics: &Arc<Metrics>,
    sources: &Arc<Sources>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (status, text) = match (request.method(), request.uri().path()) {
        (&Method::GET | &Method::HEAD, "/metrics") => {
            let (metrics, sources) = (Arc::clone(metrics), Arc::clone(sources));
            match tokio::task::spawn_blocking(move || metrics.encode(&sources)).await {
                Ok(text) => {
                    let mut response = Response::new(Full::new(Bytes::from(text)));
                    let value = header::HeaderValue::from_static(MEDIA_TYPE);
                    response.headers_mut().insert(header::CONTENT_TYPE, value);
                    return Ok(response);
                }
                Err(error) => {
                    tracing::error!(%error, "metrics could not be told");
                    let text = "the metrics could not be told; the service's log says why\n";
                    (StatusCode::INTERNAL_SERVER_ERROR, text)
                }
            }
        }
        (_, "/metrics") => (StatusCode::METHOD_NOT_ALLOWED, "metrics can only be read\n"),
        _ => (StatusCode::NOT_FOUND, "only /metrics is here\n"),
    };
    let mut response = Response::new(Full::new(Bytes::from_static(text.as_bytes())));
    *response.status_mut() = status;
    Ok(response)
}

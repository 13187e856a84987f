//! The endpoint that scrapers read, on a port of its own.

use super::{Metrics, Sources};
use crate::http::{self as small, Answer, Ended};
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use runtime::CancellationToken;
use std::sync::Arc;
use tokio::net::TcpListener;

/// What the text that is sent is, by OpenMetrics.
pub(crate) const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Answers until it is told to end.
pub(crate) async fn serve(
    listener: TcpListener,
    metrics: Arc<Metrics>,
    sources: Arc<Sources>,
    end: CancellationToken,
) {
    let counted = Arc::clone(&metrics);
    let count = move |ended| {
        match ended {
            Ended::Served => counted.scrapes_served.inc(),
            Ended::CutOff => counted.scrapes_cut_off.inc(),
            Ended::Refused => counted.scrapes_refused.inc(),
            Ended::Broken => 0,
        };
    };
    let answer = move |request| answer(request, Arc::clone(&metrics), Arc::clone(&sources));
    small::serve(listener, end, answer, count).await;
}

async fn answer(
    request: Request<Incoming>,
    metrics: Arc<Metrics>,
    sources: Arc<Sources>,
) -> Answer {
    match (request.method(), request.uri().path()) {
        (&Method::GET | &Method::HEAD, "/metrics") => {
            match tokio::task::spawn_blocking(move || metrics.encode(&sources)).await {
                Ok(text) => {
                    let mut response = Response::new(Full::new(Bytes::from(text)));
                    let value = header::HeaderValue::from_static(MEDIA_TYPE);
                    response.headers_mut().insert(header::CONTENT_TYPE, value);
                    response
                }
                Err(error) => {
                    tracing::error!(%error, "metrics could not be told");
                    let text = "the metrics could not be told; the service's log says why\n";
                    small::text(StatusCode::INTERNAL_SERVER_ERROR, text)
                }
            }
        }
        (_, "/metrics") => {
            small::text(StatusCode::METHOD_NOT_ALLOWED, "metrics can only be read\n")
        }
        _ => small::text(StatusCode::NOT_FOUND, "only /metrics is here\n"),
    }
}

//! Where alerts come in: `POST /alerts` (Alertmanager's webhook), `GET /circuits`, and
//! `DELETE /circuits/TOOL?by=NAME`. Each needs `Authorization: Bearer SECRET`.

use super::actions::Remedies;
use super::alerts::Notification;
use crate::http::{self as small, Answer};
use http::{Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::Incoming;
use runtime::CancellationToken;
use serde::Serialize;
use std::sync::Arc;
use tokio::net::TcpListener;

/// The largest notification.
const LARGEST: usize = 1 << 20;
/// The longest name of a person that is written down.
const LONGEST_NAME: usize = 64;

/// Answers until it is told to end.
pub(crate) async fn serve(listener: TcpListener, remedies: Arc<Remedies>, end: CancellationToken) {
    let answer = move |request| answer(request, Arc::clone(&remedies));
    small::serve(listener, end, answer, |_| ()).await;
}

async fn answer(request: Request<Incoming>, remedies: Arc<Remedies>) -> Answer {
    // Before anything else is looked at, the body least of all.
    if !bearer(&request).is_some_and(|secret| remedies.knows(secret)) {
        remedies.refused();
        let mut answer = small::text(
            StatusCode::UNAUTHORIZED,
            "the secret is missing or wrong: send it as `Authorization: Bearer SECRET`\n",
        );
        let scheme = header::HeaderValue::from_static("Bearer");
        answer
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, scheme);
        return answer;
    }
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    match (method, path.as_str()) {
        (Method::POST, "/alerts") => alerts(request, &remedies).await,
        (Method::GET, "/circuits") => json(&remedies.circuits()),
        (Method::DELETE, path) if path.starts_with("/circuits/") => {
            let tool = &path["/circuits/".len()..];
            let query = request.uri().query().unwrap_or_default();
            let by = query.split('&').find_map(|part| part.strip_prefix("by="));
            let by: String = by.unwrap_or("").escape_debug().take(LONGEST_NAME).collect();
            if by.is_empty() {
                return small::text(
                    StatusCode::BAD_REQUEST,
                    "say who you are, for the log: /circuits/TOOL?by=NAME\n",
                );
            }
            if remedies.close(tool, &by) {
                small::text(StatusCode::OK, "closed: the tool is called again\n")
            } else {
                small::text(StatusCode::NOT_FOUND, "this circuit is not open\n")
            }
        }
        (_, "/alerts" | "/circuits") => small::text(
            StatusCode::METHOD_NOT_ALLOWED,
            "alerts are posted, circuits are read or deleted\n",
        ),
        _ => small::text(
            StatusCode::NOT_FOUND,
            "only /alerts and /circuits are here\n",
        ),
    }
}

/// The secret that was sent.
fn bearer<B>(request: &Request<B>) -> Option<&[u8]> {
    let value = request.headers().get(header::AUTHORIZATION)?.as_bytes();
    let (scheme, secret) = value.split_at_checked("Bearer ".len())?;
    scheme.eq_ignore_ascii_case(b"Bearer ").then_some(secret)
}

async fn alerts(request: Request<Incoming>, remedies: &Remedies) -> Answer {
    let body = Limited::new(request.into_body(), LARGEST).collect().await;
    let body = match body {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => {
            let text = "a notification may have 1 MiB: group fewer alerts\n";
            return small::text(StatusCode::PAYLOAD_TOO_LARGE, text);
        }
        Err(_) => return small::text(StatusCode::BAD_REQUEST, "the notification broke off\n"),
    };
    match Notification::read(&body) {
        Ok(notification) => json(&remedies.take(&notification)),
        Err(problem) => {
            let text = format!("this is no notification of Alertmanager's webhook: {problem}\n");
            small::text(StatusCode::BAD_REQUEST, text)
        }
    }
}

fn json(value: &impl Serialize) -> Answer {
    match serde_json::to_vec(value) {
        Ok(mut text) => {
            text.push(b'\n');
            let mut answer = small::text(StatusCode::OK, text);
            let kind = header::HeaderValue::from_static("application/json");
            answer.headers_mut().insert(header::CONTENT_TYPE, kind);
            answer
        }
        Err(error) => {
            tracing::error!(%error, "an answer could not be written");
            small::text(
                StatusCode::INTERNAL_SERVER_ERROR,
                "the service's log says why\n",
            )
        }
    }
}

//! The way to services, for clients: goes on while they restart, and never makes an outage worse.
//!
//! ```text
//!  request ─▶ Resilient ─▶ host whose breaker is closed, the next in turn ─▶ answer
//!                 ▲                    │
//!                 └── budget, wait ◀───┘  it can't be reached, is on its way out, or never began
//! ```
//!
//! - **Again only what is safe.** A request that surely was not begun (no connection, a stream that the
//!   host refused, `UNAVAILABLE` in the host's own words) is sent again, whatever it is. One of which
//!   that is not known is sent again only if it asks and changes nothing, or is the same when it comes
//!   twice ([`IDEMPOTENT`]). A call of a tool is not.
//! - **Waits** grow twofold from 50 ms to 2 s, each with a random part, or are as long as the host asked
//!   for. The host that failed is asked last.
//! - **A budget** bounds what is sent again to a fifth of what is sent, beyond a few each second: when
//!   everything fails, the load on what is left does not multiply.
//! - **A breaker for each host** keeps requests from one that failed twice in a row, for a while that
//!   grows from 100 ms to 2 s, which is less than a request waits: hosts that came back are found.
//! - **Time**: connecting takes 5 s at most; a peer that is gone without a word is found out after 40 s,
//!   whatever was asked; questions that are answered at once ([`QUICK`]) take a minute at most.

mod outcome;

use crate::breaker::{Breaker, breaker};
use bytes::Bytes;
use futures::future::BoxFuture;
use http_body_util::{BodyExt as _, Full};
use outcome::{Outcome, of_error, of_response};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tonic::Status;
use tonic::body::Body;
use tonic::transport::{Channel, Endpoint};
use tower::retry::backoff::{Backoff as _, ExponentialBackoffMaker, MakeBackoff as _};
use tower::retry::budget::{Budget as _, TpsBudget};
use tower::util::rng::HasherRng;

/// How often one request is sent at most.
const ATTEMPTS: u32 = 8;
/// Waits between them.
const SHORTEST_WAIT: Duration = Duration::from_millis(50);
const LONGEST_WAIT: Duration = Duration::from_secs(2);
/// What is sent again: so many a second, and so large a part of what is sent.
const AGAIN_A_SECOND: u32 = 10;
const AGAIN_PART: f32 = 0.2;
/// Failures in a row that open a host's breaker, and for how long.
const FAILURES: u32 = 2;
const SHORTEST_BREAK: Duration = Duration::from_millis(100);
const LONGEST_BREAK: Duration = Duration::from_secs(2);
/// How long a connection may take, and after how long without a word a peer is asked for one, and gone.
const CONNECT: Duration = Duration::from_secs(5);
const KEEPALIVE: Duration = Duration::from_secs(20);
/// How long the answer to a quick question may take.
const QUICK_TIME: Duration = Duration::from_mins(1);

/// Methods that change nothing, or the same when they come twice.
pub const IDEMPOTENT: &[&str] = &[
    "/wasm_runner.v1.KnowledgeService/ListTools",
    "/wasm_runner.v1.KnowledgeService/GetTool",
    "/wasm_runner.v1.KnowledgeService/GetArtifact",
    "/wasm_runner.v1.KnowledgeService/GetAttestations",
    "/wasm_runner.v1.KnowledgeService/WatchEvents",
    "/wasm_runner.v1.ValidationService/SubmitProposedTool",
    "/wasm_runner.v1.ValidationService/GetValidation",
    "/wasm_runner.v1.ValidationService/RenderReport",
    "/wasm_runner.v1.ValidationService/WatchValidation",
];
/// Of these, those whose answer is one message that waits for nothing.
pub const QUICK: &[&str] = &[
    "/wasm_runner.v1.KnowledgeService/ListTools",
    "/wasm_runner.v1.KnowledgeService/GetTool",
    "/wasm_runner.v1.KnowledgeService/GetAttestations",
    "/wasm_runner.v1.ValidationService/SubmitProposedTool",
    "/wasm_runner.v1.ValidationService/GetValidation",
    "/wasm_runner.v1.ValidationService/RenderReport",
];

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// How an endpoint is set up that this module is to go through.
#[must_use]
pub fn set_up(endpoint: Endpoint) -> Endpoint {
    endpoint
        .connect_timeout(CONNECT)
        .http2_keep_alive_interval(KEEPALIVE)
        .keep_alive_timeout(KEEPALIVE)
        .tcp_nodelay(true)
}

/// A way to one or several hosts that know the same tools, for the generated clients. Cheap to clone;
/// clones share breakers and budget.
#[derive(Clone)]
pub struct Resilient {
    hosts: Arc<[Host]>,
    turn: Arc<AtomicUsize>,
    budget: Arc<TpsBudget>,
}

struct Host {
    channel: Channel,
    breaker: Breaker,
}

impl Resilient {
    /// A way to these hosts, which are asked in turn. Channels that were not connected yet are when they
    /// are first used.
    pub fn new(channels: impl IntoIterator<Item = Channel>) -> Self {
        let host = |channel| Host {
            channel,
            breaker: breaker(FAILURES, SHORTEST_BREAK, LONGEST_BREAK),
        };
        Self {
            hosts: channels.into_iter().map(host).collect(),
            turn: Arc::default(),
            budget: Arc::new(TpsBudget::new(
                Duration::from_secs(10),
                AGAIN_A_SECOND,
                AGAIN_PART,
            )),
        }
    }

    /// The next host in turn whose breaker lets through, one that did not fail just now if there is one.
    fn next(&self, failed: Option<usize>) -> Option<usize> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let count = self.hosts.len();
        let order = (0..count).map(|number| turn.wrapping_add(number) % count);
        let (others, last): (Vec<_>, Vec<_>) = order.partition(|host| Some(*host) != failed);
        let mut all = others.into_iter().chain(last);
        all.find(|host| self.hosts[*host].breaker.is_call_permitted())
    }

    async fn send(self, request: http::Request<Body>) -> Result<http::Response<Body>, BoxError> {
        let (head, body) = request.into_parts();
        // One message: no method here streams to the host.
        let body = body.collect().await?.to_bytes();
        let path = head.uri.path();
        let idempotent = IDEMPOTENT.contains(&path);
        let quick = QUICK.contains(&path);
        let backoff =
            ExponentialBackoffMaker::new(SHORTEST_WAIT, LONGEST_WAIT, 1.0, HasherRng::default());
        let mut backoff = backoff.expect("figures that fit").make_backoff();
        self.budget.deposit();
        let mut failed = None;
        for attempt in 1.. {
            let Some(number) = self.next(failed) else {
                // Nobody to ask for now. That costs nobody anything, so it is no matter of the budget.
                if attempt >= ATTEMPTS {
                    return Err(Box::new(Status::unavailable(
                        "no host could be reached lately: try again in some seconds",
                    )));
                }
                backoff.next_backoff().await;
                continue;
            };
            let host = &self.hosts[number];
            let result = host.send(rebuilt(&head, &body), quick).await;
            let outcome = match &result {
                Ok(response) => of_response(response),
                Err(error) => of_error(error.as_ref()),
            };
            if outcome.is_hosts_failure() {
                host.breaker.on_error();
            } else {
                host.breaker.on_success();
            }
            let wait = match outcome {
                Outcome::NotBegun { wait } => wait,
                Outcome::Unknown if idempotent => None,
                Outcome::Answered | Outcome::Unknown => return result,
            };
            // Whoever asks for more time than this has, is told to whoever asked us.
            let too_long = wait.is_some_and(|wait| wait > LONGEST_WAIT);
            if attempt >= ATTEMPTS || too_long || !self.budget.withdraw() {
                return result;
            }
            tracing::debug!(attempt, path, host = number, "the request is sent again");
            failed = Some(number);
            match wait {
                Some(wait) if self.hosts.len() == 1 => tokio::time::sleep(wait).await,
                _ => backoff.next_backoff().await,
            }
        }
        unreachable!("the last attempt returns")
    }
}

impl Host {
    async fn send(
        &self,
        request: http::Request<Body>,
        quick: bool,
    ) -> Result<http::Response<Body>, BoxError> {
        use tower::{Service as _, ServiceExt as _};
        let mut channel = self.channel.clone();
        let asked = async {
            let answer = channel.ready().await?.call(request).await?;
            Ok(answer)
        };
        if quick {
            tokio::time::timeout(QUICK_TIME, asked)
                .await
                .unwrap_or_else(|_| {
                    Err(Box::new(Status::deadline_exceeded("no answer in a minute")) as BoxError)
                })
        } else {
            asked.await
        }
    }
}

/// The request once more.
fn rebuilt(head: &http::request::Parts, body: &Bytes) -> http::Request<Body> {
    let mut request = http::Request::new(Body::new(Full::new(body.clone())));
    request.method_mut().clone_from(&head.method);
    request.uri_mut().clone_from(&head.uri);
    *request.version_mut() = head.version;
    request.headers_mut().clone_from(&head.headers);
    request
}

impl tower::Service<http::Request<Body>> for Resilient {
    type Response = http::Response<Body>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Self::Response, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        // Which host is asked is chosen for each request.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        Box::pin(self.clone().send(request))
    }
}

impl std::fmt::Debug for Resilient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Resilient")
            .field("hosts", &self.hosts.len())
            .finish_non_exhaustive()
    }
}

//! What goes on beside a guest whose run is recorded or repeated: its HTTP requests.
//!
//! In other runs each request is a task of its own, and how far it has come when the guest looks
//! is a matter of luck. Here requests go on only while the guest is in a host call, one after the
//! other in the order in which they were made, so that everything that they do has its place
//! between the guest's calls and is done again in the same place.

use super::http::Sent;
use crate::record::Tape;
use futures::future::BoxFuture;
use http::Response;
use std::pin::Pin;
use std::task::Context;
use tokio_util::sync::CancellationToken;
use wasmtime::Result;
use wasmtime::component::{Resource, ResourceTable};
use wasmtime_wasi::runtime::spawn;
use wasmtime_wasi_http::p2::types::HostFutureIncomingResponse;
use wasmtime_wasi_http::{Error, WasiBody};

/// What happens, as recordings name it: the guest has dropped a response.
const DROPPED: &str = "event: response dropped";

/// The requests that a guest has made and that are not over.
pub(crate) struct Beside {
    tape: Tape,
    requests: Vec<Underway>,
    /// How many were made.
    begun: u32,
}

struct Underway {
    id: u32,
    /// Where the guest's future of the response is in its table.
    future: Option<u32>,
    waiting: Option<BoxFuture<'static, Result<Sent, Error>>>,
    /// What came of it, until the guest's future has it.
    done: Option<Result<Response<WasiBody>, Error>>,
    /// What is to be polled while the body is read.
    driver: Option<Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>>,
    /// Cancelled when the guest has dropped the response.
    dropped: CancellationToken,
}

impl Beside {
    pub(crate) fn new(tape: Tape) -> Self {
        Self {
            tape,
            requests: Vec::new(),
            begun: 0,
        }
    }

    /// How many requests were made.
    pub(crate) fn begun(&self) -> u32 {
        self.begun
    }

    /// Takes a request on. What is given for it never comes: [`Beside::give`] puts the response
    /// where the guest looks for it.
    pub(super) fn begin(
        &mut self,
        request: BoxFuture<'static, Result<Sent, Error>>,
    ) -> Box<dyn Future<Output = Result<Sent, Error>> + Send> {
        self.requests.push(Underway {
            id: self.begun,
            future: None,
            waiting: Some(request),
            done: None,
            driver: None,
            dropped: CancellationToken::new(),
        });
        self.begun += 1;
        Box::new(std::future::pending())
    }

    /// Says where the guest's future of the last request is.
    pub(crate) fn is_at(&mut self, future: u32) {
        if let Some(request) = self.requests.last_mut() {
            request.future = Some(future);
        }
    }

    /// The guest has dropped a future, and with it what it was of, unless it has the response.
    pub(crate) fn forget(&mut self, future: u32) {
        let is_it = |one: &Underway| one.future == Some(future);
        self.requests.retain(|one| !is_it(one));
    }

    /// Lets every request go on as far as it can. It says whether one has a response now, or has
    /// failed.
    pub(crate) fn go_on(&mut self, context: &mut Context<'_>) -> bool {
        let mut news = false;
        for request in &mut self.requests {
            news |= request.go_on(&self.tape, context);
        }
        self.requests.retain(Underway::is_underway);
        news
    }

    /// Gives the guest's futures what has come.
    ///
    /// # Errors
    /// Where what is in the table is not what it was.
    pub(crate) fn give(&mut self, table: &mut ResourceTable) -> Result<()> {
        for request in &mut self.requests {
            let Some(future) = request.future else {
                continue;
            };
            let Some(done) = request.done.take() else {
                continue;
            };
            request.future = None;
            let ready = done.map(|response| {
                let dropped = request.dropped.clone().drop_guard();
                let worker = spawn(async move {
                    let _dropped = dropped;
                    std::future::pending().await
                });
                (response, worker)
            });
            let future = Resource::new_borrow(future);
            *table.get_mut(&future)? = HostFutureIncomingResponse::Ready(ready);
        }
        self.requests.retain(Underway::is_underway);
        Ok(())
    }
}

impl Underway {
    fn is_underway(&self) -> bool {
        self.waiting.is_some() || self.done.is_some() || self.driver.is_some()
    }

    fn go_on(&mut self, tape: &Tape, context: &mut Context<'_>) -> bool {
        // When a task that holds a response is gone is luck as well.
        let dropped = if tape.replays() {
            tape.happens::<()>(DROPPED, self.id).is_some()
        } else {
            self.driver.is_some() && self.dropped.is_cancelled()
        };
        if dropped {
            tape.happened(DROPPED, self.id, &());
            self.driver = None;
        }
        let mut news = false;
        if let Some(waiting) = &mut self.waiting
            && let std::task::Poll::Ready(sent) = waiting.as_mut().poll(context)
        {
            self.waiting = None;
            news = true;
            self.done = Some(sent.map(|(response, driver)| {
                self.driver = Some(Box::into_pin(driver));
                response
            }));
        }
        if let Some(driver) = &mut self.driver
            && driver.as_mut().poll(context).is_ready()
        {
            self.driver = None;
        }
        news
    }
}

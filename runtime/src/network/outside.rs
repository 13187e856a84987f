//! What answers a call that the rules let through: the world, or a recording of it.

use super::resolver::{Resolver, SystemResolver};
use super::tls::Tls;
use super::{Host, connection};
use futures::future::BoxFuture;
use http::{Request, Response};
use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use wasmtime_wasi_http::{Error, WasiBody};

/// Where a request goes.
#[derive(Debug)]
pub(crate) struct Destination {
    /// Addresses that were judged, in the order in which to try.
    pub(crate) to: Vec<SocketAddr>,
    /// Whom the other side has to prove to be, where TLS is asked for.
    pub(crate) tls: Option<Host>,
    /// Time to connect, TLS included.
    pub(crate) connect: Duration,
    /// Time from there to the response's head.
    pub(crate) first_byte: Duration,
    /// Time between two pieces of the response's body.
    pub(crate) between: Duration,
}

/// A response, and what is to be polled while its body is read.
pub(crate) type Exchange = Result<
    (
        Response<WasiBody>,
        Box<dyn Future<Output = Result<(), Error>> + Send>,
    ),
    Error,
>;

/// Everything outside that a call's network asks, after the rules and beneath the counts: whoever
/// stands in for it sees what is granted only, and its answers are limited like the world's.
pub(crate) trait Outside: fmt::Debug + Send + Sync {
    /// All addresses of a name; asked once a call and name.
    fn lookup<'a>(&'a self, name: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>>;

    /// Sends one HTTP request over a connection of its own and gives the response.
    fn exchange(
        &self,
        destination: Destination,
        request: Request<WasiBody>,
    ) -> BoxFuture<'static, Exchange>;
}

/// The world.
#[derive(Clone, Debug)]
pub(crate) struct System {
    resolver: Arc<dyn Resolver>,
    tls: Arc<Tls>,
}

impl System {
    /// With the machine's own resolver unless another is given, and with roots to trust besides
    /// those that browsers do (X.509, DER).
    ///
    /// # Errors
    /// When a root is no certificate.
    pub(crate) fn new(
        resolver: Option<Arc<dyn Resolver>>,
        roots: &[Vec<u8>],
    ) -> Result<Self, String> {
        Ok(Self {
            resolver: resolver.unwrap_or_else(|| Arc::new(SystemResolver)),
            tls: Arc::new(Tls::new(roots)?),
        })
    }
}

impl Outside for System {
    fn lookup<'a>(&'a self, name: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
        self.resolver.lookup(name)
    }

    fn exchange(
        &self,
        destination: Destination,
        request: Request<WasiBody>,
    ) -> BoxFuture<'static, Exchange> {
        let tls = Arc::clone(&self.tls);
        Box::pin(async move { connection::exchange(&tls, destination, request).await })
    }
}

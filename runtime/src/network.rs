//! The network of one call: who may be reached, how often and with how many bytes.
//!
//! The rule, in whole:
//!
//! - A **name** may be looked up when a grant covers it, at any port. It is looked up once a call;
//!   whatever later asks for it in this call gets the same answer, so no second answer can lead
//!   elsewhere.
//! - An **address** may be reached at a port when that very address and port are granted, whatever
//!   range it is in; or when a name that is granted at that port led to it in this call, and it is
//!   an address of the open internet ([`address::special`] says which are not). The grant of a
//!   name, and `*`, never opens a special range. The one exception is the name `localhost` written
//!   out in a grant: it stands for loopback addresses.
//! - What is connected to is the address that was judged, never a name that is looked up again.
//!   An HTTP request goes through all of this, however the guest came by its URL: redirects are
//!   not followed here, so each is a request of its own.
//! - HTTP requests, connections, UDP peers and look-ups that ask the resolver count one each
//!   (`limits.network_requests`); bytes are counted as the guest sees them
//!   (`limits.network_bytes`). What is denied for its target is not counted, and is recorded.

mod address;
mod beside;
mod book;
mod connection;
mod host;
mod http;
mod outside;
mod resolver;
mod tls;

pub(crate) use self::http::Http;
pub(crate) use beside::Beside;
pub(crate) use host::Host;
pub(crate) use outside::{Destination, Exchange, Outside, System};
pub use resolver::{Resolver, SystemResolver};

use crate::execution::{DeniedAttempt, Rule, Usage};
use crate::run::shortened;
use address::{canonical, special};
use book::Book;
use policies::{Limits, NetworkGrant};
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use tokio::sync::OnceCell;
use tokio_util::sync::{CancellationToken, DropGuard};

/// Addresses of one name that are kept; a name has a handful.
const MAX_ANSWERS: usize = 32;

/// Sockets that a guest may hold open at once: descriptors are the whole process's.
pub(crate) const MAX_SOCKETS: usize = 32;

/// Why something was not done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// No grant covers it.
    #[error("no grant covers it")]
    NotGranted,
    /// It leads into a special range that is not granted itself.
    #[error("{address} is {what}: only a grant of that very address and port opens it")]
    Special {
        /// The address.
        address: IpAddr,
        /// What kind it is of.
        what: &'static str,
    },
    /// Guests call and are never called.
    #[error("guests may call others and not be called")]
    Inward,
    /// `limits.network_requests`.
    #[error("{0} requests were made, which is all that is allowed")]
    Requests(u32),
    /// `limits.network_bytes`.
    #[error("it would be more than the {0} that may be sent and received in all")]
    Bytes(policies::Bytes),
    /// Too many sockets at once.
    #[error("{MAX_SOCKETS} sockets are open, which is all that there may be at once")]
    Sockets,
    /// Neither a name nor an address.
    #[error("it is no host name")]
    NoHost,
    /// The resolver has no answer.
    #[error("it can't be looked up: {0}")]
    Unresolved(String),
}

impl Refusal {
    /// The rule that said no; none where the world did.
    pub(crate) fn rule(&self) -> Option<Rule> {
        match self {
            Self::NotGranted | Self::Special { .. } | Self::Inward | Self::Sockets => {
                Some(Rule::Network)
            }
            Self::Requests(_) => Some(Rule::NetworkRequests),
            Self::Bytes(_) => Some(Rule::NetworkBytes),
            Self::NoHost | Self::Unresolved(_) => None,
        }
    }
}

/// The network of one call. Cheap to clone; what is sent and received runs beside the guest.
#[derive(Clone)]
pub(crate) struct Network(Arc<Inner>);

struct Inner {
    grants: BTreeSet<NetworkGrant>,
    limits: Limits,
    outside: Arc<dyn Outside>,
    /// What each name led to in this call.
    pins: Mutex<BTreeMap<String, Arc<OnceCell<Vec<IpAddr>>>>>,
    book: Mutex<Book>,
    /// When the call's time is over.
    deadline: Instant,
    ended: CancellationToken,
}

/// Ends everything that a call has going on in the network, when it is dropped.
pub(crate) struct Ends(#[expect(dead_code, reason = "it is there to be dropped")] DropGuard);

impl Network {
    /// A network for a call that began at `begin`, and what ends it.
    pub(crate) fn new(
        grants: BTreeSet<NetworkGrant>,
        limits: &Limits,
        outside: Arc<dyn Outside>,
        begin: Instant,
    ) -> (Self, Ends) {
        let ended = CancellationToken::new();
        let ends = Ends(ended.clone().drop_guard());
        let wall_time = limits.wall_time.as_duration();
        let network = Self(Arc::new(Inner {
            grants,
            limits: *limits,
            outside,
            pins: Mutex::default(),
            book: Mutex::new(Book::new(limits)),
            // A day from now is later than any policy's end.
            deadline: begin.checked_add(wall_time).unwrap_or(begin),
            ended,
        }));
        (network, ends)
    }

    /// Looks a name up for the guest. An address is its own answer.
    ///
    /// Only addresses that may be reached at one port at least are given.
    pub(crate) async fn lookup(&self, what: &str, host: &str) -> Result<Vec<IpAddr>, Refusal> {
        let answer = match Host::parse(host) {
            None => Err(Refusal::NoHost),
            Some(Host::Address(address)) => Ok(vec![address]),
            Some(Host::Name(name)) => self.look_up_name(&name).await,
        };
        answer.map_err(|refusal| self.refuse(what, host, refusal))
    }

    async fn look_up_name(&self, name: &str) -> Result<Vec<IpAddr>, Refusal> {
        let ports: BTreeSet<u16> = self.grants_of(name).map(|grant| grant.port).collect();
        if ports.is_empty() {
            return Err(Refusal::NotGranted);
        }
        let pin = self.pin(name);
        if !pin.initialized() && !self.book().request() {
            return Err(self.requests());
        }
        let all = self.resolve(&pin, name).await?;
        let reached = |address: &IpAddr| {
            let mut refused = Refusal::NotGranted;
            for port in &ports {
                match self.by_name(name, *address, *port) {
                    Ok(()) => return Ok(*address),
                    Err(refusal) => refused = refusal,
                }
            }
            Err(refused)
        };
        some_of(all.iter().map(reached))
    }

    /// Where an HTTP request may go, in the order in which to try: addresses that were judged.
    /// Counts one request.
    pub(crate) async fn route(
        &self,
        what: &str,
        host: &Host,
        port: u16,
    ) -> Result<Vec<SocketAddr>, Refusal> {
        let target = format!("{host}:{port}");
        let addresses = self.judge_route(host, port).await;
        let addresses = addresses.map_err(|refusal| self.refuse(what, &target, refusal))?;
        let to = |address: IpAddr| SocketAddr::new(address, port);
        Ok(addresses.into_iter().map(to).collect())
    }

    async fn judge_route(&self, host: &Host, port: u16) -> Result<Vec<IpAddr>, Refusal> {
        match host {
            Host::Address(address) => {
                self.by_address(*address, port)?;
                self.count_request()?;
                Ok(vec![*address])
            }
            Host::Name(name) => {
                if !self.grants_of(name).any(|grant| grant.port == port) {
                    return Err(Refusal::NotGranted);
                }
                self.count_request()?;
                let all = self.resolve(&self.pin(name), name).await?;
                let judged = |address: &IpAddr| {
                    let judged = self.by_name(name, *address, port);
                    judged.map(|()| *address)
                };
                some_of(all.iter().map(judged))
            }
        }
    }

    /// Whether a socket may be connected, or a first datagram be sent, to an address. Counts one
    /// request.
    pub(crate) fn connect(&self, what: &str, to: SocketAddr) -> Result<(), Refusal> {
        let judged = self
            .by_address(to.ip(), to.port())
            .and_then(|()| self.count_request());
        judged.map_err(|refusal| self.refuse(what, &to.to_string(), refusal))
    }

    /// Whether an address may be reached. Counts and records nothing.
    pub(crate) fn reaches(&self, to: SocketAddr) -> bool {
        self.by_address(to.ip(), to.port()).is_ok()
    }

    /// Counts bytes before they are sent.
    pub(crate) fn sends(&self, what: &str, bytes: usize) -> Result<(), Refusal> {
        let allowed = self.book().sent(bytes as u64);
        self.count_bytes(allowed, what, bytes)
    }

    /// Counts bytes that came, before the guest gets them.
    pub(crate) fn receives(&self, what: &str, bytes: usize) -> Result<(), Refusal> {
        let allowed = self.book().received(bytes as u64);
        self.count_bytes(allowed, what, bytes)
    }

    fn count_bytes(&self, allowed: bool, what: &str, bytes: usize) -> Result<(), Refusal> {
        if allowed {
            return Ok(());
        }
        let refusal = Refusal::Bytes(self.0.limits.network_bytes);
        Err(self.refuse(what, &format!("{bytes} bytes"), refusal))
    }

    /// Bytes that may still be sent or received.
    pub(crate) fn bytes_left(&self) -> u64 {
        self.book().left()
    }

    /// When the call's time is over.
    pub(crate) fn deadline(&self) -> Instant {
        self.0.deadline
    }

    /// What is cancelled when the call ends, however it ends.
    pub(crate) fn ended(&self) -> &CancellationToken {
        &self.0.ended
    }

    /// Where answers come from.
    pub(crate) fn outside(&self) -> &Arc<dyn Outside> {
        &self.0.outside
    }

    /// Records a refusal, and gives it back.
    pub(crate) fn refuse(&self, what: &str, target: &str, refusal: Refusal) -> Refusal {
        if let Some(rule) = refusal.rule() {
            let target = shortened(target.escape_debug().to_string());
            self.book().deny(DeniedAttempt {
                what: what.to_owned(),
                target: format!("{target} ({refusal})"),
                rule,
            });
        }
        refusal
    }

    /// Writes what was counted into the result of the call, and moves what was recorded there.
    pub(crate) fn close(&self, usage: &mut Usage, denied: &mut Vec<DeniedAttempt>) {
        self.book().close(usage, denied);
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        // Nothing is half done while it is held.
        self.0.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn requests(&self) -> Refusal {
        Refusal::Requests(self.0.limits.network_requests)
    }

    fn count_request(&self) -> Result<(), Refusal> {
        let allowed = self.book().request();
        allowed.then_some(()).ok_or_else(|| self.requests())
    }

    /// The place of a name's answer.
    fn pin(&self, name: &str) -> Arc<OnceCell<Vec<IpAddr>>> {
        let mut pins = self.0.pins.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(pins.entry(name.to_owned()).or_default())
    }

    /// What a name leads to. Whoever comes second waits for the first one's answer; only a name
    /// that nobody could look up is asked for again.
    async fn resolve(
        &self,
        pin: &OnceCell<Vec<IpAddr>>,
        name: &str,
    ) -> Result<Vec<IpAddr>, Refusal> {
        let found = pin.get_or_try_init(|| async {
            let found = self.0.outside.lookup(name).await;
            let mut found =
                found.map_err(|error| Refusal::Unresolved(shortened(error.to_string())))?;
            for address in &mut found {
                *address = canonical(*address);
            }
            let mut seen = BTreeSet::new();
            found.retain(|address| seen.insert(*address));
            found.truncate(MAX_ANSWERS);
            if found.is_empty() {
                return Err(Refusal::Unresolved("it has no address".to_owned()));
            }
            Ok(found)
        });
        found.await.cloned()
    }

    /// The grants that cover a name.
    fn grants_of(&self, name: &str) -> impl Iterator<Item = &NetworkGrant> {
        self.0.grants.iter().filter(move |grant| {
            grant.covers(&NetworkGrant {
                host: name.to_owned(),
                port: grant.port,
            })
        })
    }

    /// Whether that very address is granted.
    fn lists(&self, address: IpAddr, port: u16) -> bool {
        self.0.grants.iter().any(|grant| {
            grant.port == port
                && grant
                    .host
                    .parse()
                    .is_ok_and(|granted: IpAddr| canonical(granted) == address)
        })
    }

    /// Whether an address that a name led to may be reached.
    fn by_name(&self, name: &str, address: IpAddr, port: u16) -> Result<(), Refusal> {
        let mut grants = self.grants_of(name).filter(|grant| grant.port == port);
        let Some(grant) = grants.next() else {
            return Err(Refusal::NotGranted);
        };
        let Some(what) = special(address) else {
            return Ok(());
        };
        let local = |grant: &NetworkGrant| grant.host == "localhost";
        let is_local =
            name == "localhost" && address.is_loopback() && (local(grant) || grants.any(local));
        if is_local || self.lists(address, port) {
            return Ok(());
        }
        Err(Refusal::Special { address, what })
    }

    /// Whether an address that the guest names itself may be reached.
    fn by_address(&self, address: IpAddr, port: u16) -> Result<(), Refusal> {
        let address = canonical(address);
        if self.lists(address, port) {
            return Ok(());
        }
        let pins = self.0.pins.lock().unwrap_or_else(PoisonError::into_inner);
        let leads =
            |pin: &OnceCell<Vec<IpAddr>>| pin.get().is_some_and(|found| found.contains(&address));
        let mut names = pins.iter().filter(|(_, pin)| leads(pin));
        if names.any(|(name, _)| self.by_name(name, address, port).is_ok()) {
            return Ok(());
        }
        Err(match special(address) {
            Some(what) => Refusal::Special { address, what },
            None => Refusal::NotGranted,
        })
    }
}

/// Those that may be reached, or the first reason why none may.
fn some_of(judged: impl Iterator<Item = Result<IpAddr, Refusal>>) -> Result<Vec<IpAddr>, Refusal> {
    let mut refused = None;
    let mut reached = Vec::new();
    for one in judged {
        match one {
            Ok(address) => reached.push(address),
            Err(refusal) => refused = refused.or(Some(refusal)),
        }
    }
    if reached.is_empty() {
        return Err(refused.unwrap_or(Refusal::NotGranted));
    }
    Ok(reached)
}

#[cfg(test)]
mod tests;

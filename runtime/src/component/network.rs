//! `wasi:sockets` and `wasi:http`: only what the call's [`Network`] lets through.
//!
//! What is done with a socket is wasmtime-wasi's, and each of its functions is called from one of
//! ours, which judges, counts and records first. Its own check of addresses is set as well, to the
//! same rules: whatever we overlooked, it is asked right before the system is.
//!
//! In a replay no socket is made: where one would be in the table, something stands for it, and
//! what wasmtime-wasi answered then is told.

mod http;
mod names;
mod tcp;
mod udp;

pub(super) use http::later_view;
pub(super) use udp::{may_send, size};

use super::kept::StandIn;
use super::link::{Given as _, interface, passed};
use super::parts::{Held, Share};
use crate::execution::Rule;
use crate::host::State;
use crate::network::{Beside, Ends, Http, MAX_SOCKETS, Network, Outside, Refusal};
use crate::record::{Kept, Tape};
use policies::{Limits, NetworkGrant};
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::Context;
use std::time::Instant;
use wasmtime::Result;
use wasmtime::component::{Linker, Resource, ResourceTable};
use wasmtime_wasi::p2::bindings::sockets::instance_network::Host as HostInstance;
use wasmtime_wasi::p2::bindings::sockets::network::{ErrorCode, HostNetwork, IpAddressFamily};
use wasmtime_wasi::p2::bindings::sockets::tcp_create_socket::Host as HostTcp;
use wasmtime_wasi::p2::bindings::sockets::udp_create_socket::Host as HostUdp;
use wasmtime_wasi::p2::{DynPollable, TcpSocket, UdpSocket, subscribe};
use wasmtime_wasi::sockets::{
    SocketAddrUse, WasiSocketsCtx, WasiSocketsCtxView, WasiSocketsView as _,
};
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};
use wasmtime_wasi_http::WasiHttpCtx;

/// What the guest gets from most functions here.
type Answer<T> = Result<std::result::Result<T, ErrorCode>>;

/// The interfaces of which something is given, without their version.
pub(super) const INTERFACES: &[&str] = &[
    "wasi:http/outgoing-handler",
    "wasi:http/types",
    "wasi:sockets/instance-network",
    "wasi:sockets/ip-name-lookup",
    "wasi:sockets/network",
    "wasi:sockets/tcp",
    "wasi:sockets/tcp-create-socket",
    "wasi:sockets/udp",
    "wasi:sockets/udp-create-socket",
];

/// A run's network, as its policy has it. What most runs never use is made when it is first used.
pub(crate) struct Networking {
    given: Given,
    made: Option<Box<Made>>,
}

/// What the network is made of.
struct Given {
    grants: BTreeSet<NetworkGrant>,
    limits: Limits,
    outside: Arc<dyn Outside>,
    begin: Instant,
    tape: Option<Tape>,
}

/// The network, and what the guest has of it.
pub(super) struct Made {
    network: Network,
    /// Whether anything is granted.
    granted: bool,
    sockets: WasiSocketsCtx,
    /// Sockets that are open.
    open: Held,
    /// Those that the guest has, by their place in the table.
    held: BTreeMap<u32, Arc<Share>>,
    /// Whom datagrams were sent to: each counts once.
    peers: BTreeSet<SocketAddr>,
    http: Http,
    /// That of WASI 0.3, whose requests are tasks of the guest's in recorded runs too.
    later: Http,
    fields: WasiHttpCtx,
    _ends: Ends,
}

impl Networking {
    pub(crate) fn new(
        grants: BTreeSet<NetworkGrant>,
        limits: &Limits,
        outside: Arc<dyn Outside>,
        begin: Instant,
        tape: Option<Tape>,
    ) -> Self {
        let given = Given {
            grants,
            limits: *limits,
            outside,
            begin,
            tape,
        };
        Self { given, made: None }
    }

    pub(super) fn made(&mut self) -> &mut Made {
        let given = &mut self.given;
        self.made.get_or_insert_with(|| Box::new(Made::new(given)))
    }

    /// What goes on beside the guest, if anything does.
    fn beside(&mut self) -> Option<&mut Beside> {
        self.made.as_mut()?.http.beside()
    }

    /// Lets what goes on beside the guest go on; says whether there is something to give.
    pub(super) fn go_on(&mut self, context: &mut Context<'_>) -> bool {
        self.beside().is_some_and(|beside| beside.go_on(context))
    }

    /// Gives the guest what has come.
    pub(super) fn give(&mut self, table: &mut ResourceTable) -> Result<()> {
        self.beside().map_or(Ok(()), |beside| beside.give(table))
    }

    /// The network, if anything was asked of it.
    pub(crate) fn used(&self) -> Option<&Network> {
        self.made.as_ref().map(|made| &made.network)
    }
}

impl Made {
    /// Whether anything is granted.
    pub(super) fn is_granted(&self) -> bool {
        self.granted
    }

    fn new(given: &mut Given) -> Self {
        let grants = std::mem::take(&mut given.grants);
        let granted = !grants.is_empty();
        let outside = Arc::clone(&given.outside);
        let (network, ends) = Network::new(grants, &given.limits, outside, given.begin);
        Self {
            sockets: sockets(&network, granted),
            http: Http::new(Some(network.clone()), given.tape.clone().map(Beside::new)),
            later: Http::new(Some(network.clone()), None),
            fields: WasiHttpCtx::new(),
            network,
            granted,
            open: Held::default(),
            held: BTreeMap::new(),
            peers: BTreeSet::new(),
            _ends: ends,
        }
    }
}

/// wasmtime-wasi's part, asking us at each address.
fn sockets(network: &Network, granted: bool) -> WasiSocketsCtx {
    struct Whole(WasiCtx, wasmtime::component::ResourceTable);
    impl WasiView for Whole {
        fn ctx(&mut self) -> WasiCtxView<'_> {
            WasiCtxView {
                ctx: &mut self.0,
                table: &mut self.1,
            }
        }
    }
    let network = network.clone();
    let mut builder = WasiCtxBuilder::new();
    builder
        .allow_tcp(granted)
        .allow_udp(granted)
        .allow_ip_name_lookup(false)
        .socket_addr_check(move |address, what| {
            let allowed = match what {
                SocketAddrUse::TcpConnect | SocketAddrUse::UdpSend | SocketAddrUse::UdpReceive => {
                    network.reaches(address)
                }
                SocketAddrUse::TcpBind | SocketAddrUse::UdpBind => is_anywhere(address),
                SocketAddrUse::TcpListen | SocketAddrUse::TcpAccept => false,
            };
            Box::pin(async move { allowed })
        });
    let mut whole = Whole(builder.build(), wasmtime::component::ResourceTable::new());
    whole.sockets().ctx.clone()
}

/// Whether it names no address and no port, so that the system chooses both.
fn is_anywhere(address: SocketAddr) -> bool {
    address.ip().is_unspecified() && address.port() == 0
}

/// wasmtime-wasi's functions on sockets.
pub(super) fn view(state: &mut State) -> WasiSocketsCtxView<'_> {
    let (made, table) = state.parts.network();
    WasiSocketsCtxView {
        ctx: &mut made.sockets,
        table,
    }
}

/// The call's network.
pub(super) fn network(state: &mut State) -> Network {
    state.parts.network().0.network.clone()
}

/// Defines them all.
pub(super) fn add_to_linker(linker: &mut Linker<State>) -> Result<()> {
    interface!(linker "wasi:sockets/network" {
        resource "network" wasmtime_wasi::p2::Network => drop_network;
    });
    passed!(linker "wasi:sockets/instance-network" view {
        "instance-network" HostInstance::instance_network();
    });
    names::add_to_linker(linker)?;
    interface!(linker "wasi:sockets/tcp-create-socket" {
        "create-tcp-socket" creation::create_tcp(address_family: IpAddressFamily);
    });
    tcp::add_to_linker(linker)?;
    interface!(linker "wasi:sockets/udp-create-socket" {
        "create-udp-socket" creation::create_udp(address_family: IpAddressFamily);
    });
    udp::add_to_linker(linker)?;
    http::add_to_linker(linker)
}

async fn drop_network(
    state: &mut State,
    network: Resource<wasmtime_wasi::p2::Network>,
) -> Result<()> {
    HostNetwork::drop(&mut view(state), network)
}

/// What wasmtime-wasi answers, where that is a resource or more: what of it is told in a replay,
/// and what then stands for it.
async fn kept_of<T, K: Kept>(
    state: &mut State,
    function: &str,
    outside: impl AsyncFnOnce(&mut State) -> Answer<T>,
    keep: impl FnOnce(&T) -> K,
    again: impl FnOnce(&mut State, K) -> Result<T>,
) -> Answer<T> {
    let tape = state.tape.clone();
    let told: Option<std::result::Result<K, ErrorCode>> =
        crate::record::told(tape.as_ref(), function)?;
    if let Some(told) = told {
        return Ok(match told {
            Ok(kept) => Ok(again(state, kept)?),
            Err(code) => Err(code),
        });
    }
    let answer = outside(state).await;
    if let Some(tape) = &tape {
        let kept = match &answer {
            Ok(Ok(value)) => Ok(Ok(keep(value))),
            Ok(Err(code)) => Ok(Err(*code)),
            Err(error) => Err(super::files::again(error)),
        };
        tape.keep::<std::result::Result<K, ErrorCode>>(function, &kept);
    }
    answer
}

/// A pollable of something whose readiness comes from outside.
fn subscribed<T>(
    state: &mut State,
    of: &Resource<T>,
    real: impl FnOnce(&mut State) -> Result<Resource<DynPollable>>,
) -> Result<Resource<DynPollable>> {
    let pollable = if state.replays() {
        let stand_in = Resource::<StandIn>::new_borrow(of.rep());
        subscribe(&mut state.parts.table, stand_in)?
    } else {
        real(state)?
    };
    if state.tape.is_some() {
        let waits = super::poll::Waits::Outside;
        state.parts.waits.insert(pollable.rep(), waits);
    }
    Ok(pollable)
}

/// A socket is there.
pub(super) fn opened(state: &mut State, socket: u32) {
    let made = state.parts.network().0;
    let share = made.open.take(1);
    made.held.insert(socket, Arc::new(share));
}

/// A socket is gone.
pub(super) fn closed(state: &mut State, socket: u32) {
    state.parts.network().0.held.remove(&socket);
}

/// What makes a socket count as open, for whoever holds its connection beside it.
pub(super) fn share(state: &mut State, socket: u32) -> Option<Arc<Share>> {
    state.parts.network().0.held.get(&socket).cloned()
}

/// Whether one more socket may be made.
pub(super) fn may_open(
    state: &mut State,
    what: &str,
    target: &str,
) -> std::result::Result<(), ErrorCode> {
    let made = state.parts.network().0;
    let refusal = if !made.granted {
        Refusal::NotGranted
    } else if made.open.amount() >= MAX_SOCKETS {
        Refusal::Sockets
    } else {
        return Ok(());
    };
    Err(code(&made.network.refuse(what, target, refusal)))
}

/// A socket that listens, or whose port others could know.
pub(super) fn inward(state: &mut State, what: &str, target: &str) -> ErrorCode {
    code(&network(state).refuse(what, target, Refusal::Inward))
}

/// Whether a socket may be bound there: only where the system chooses.
pub(super) fn may_bind(
    state: &mut State,
    what: &str,
    address: SocketAddr,
) -> std::result::Result<(), ErrorCode> {
    if is_anywhere(address) {
        return Ok(());
    }
    Err(inward(state, what, &address.to_string()))
}

/// What the guest is told of a refusal.
pub(super) fn code(refusal: &Refusal) -> ErrorCode {
    match refusal {
        Refusal::Sockets => ErrorCode::NewSocketLimit,
        Refusal::NoHost => ErrorCode::InvalidArgument,
        Refusal::Unresolved(_) => ErrorCode::NameUnresolvable,
        _ => {
            debug_assert!(
                matches!(
                    refusal.rule(),
                    Some(Rule::Network | Rule::NetworkRequests | Rule::NetworkBytes)
                ),
                "only rules deny access"
            );
            ErrorCode::AccessDenied
        }
    }
}

mod creation {
    use super::*;
    use crate::component::files::try_guest;

    pub(super) async fn create_tcp(
        state: &mut State,
        family: IpAddressFamily,
    ) -> Answer<Resource<TcpSocket>> {
        try_guest!(may_open(state, "create-tcp-socket", "a TCP socket"));
        let socket = kept_of(
            state,
            "create-tcp-socket",
            async |state| HostTcp::create_tcp_socket(&mut view(state), family).given(),
            |_| (),
            |state, ()| state.stand_in(),
        );
        let socket = try_guest!(socket.await?);
        opened(state, socket.rep());
        Ok(Ok(socket))
    }

    pub(super) async fn create_udp(
        state: &mut State,
        family: IpAddressFamily,
    ) -> Answer<Resource<UdpSocket>> {
        try_guest!(may_open(state, "create-udp-socket", "a UDP socket"));
        let socket = kept_of(
            state,
            "create-udp-socket",
            async |state| {
                let created = HostUdp::create_udp_socket(&mut view(state), family).await;
                created.given()
            },
            |_| (),
            |state, ()| state.stand_in(),
        );
        let socket = try_guest!(socket.await?);
        opened(state, socket.rep());
        Ok(Ok(socket))
    }
}

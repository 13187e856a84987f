//! `wasi:sockets` and `wasi:http`: only what the call's [`Network`] lets through.
//!
//! What is done with a socket is wasmtime-wasi's, and each of its functions is called from one of
//! ours, which judges, counts and records first. Its own check of addresses is set as well, to the
//! same rules: whatever we overlooked, it is asked right before the system is.

mod http;
mod names;
mod tcp;
mod udp;

use crate::execution::Rule;
use crate::host::State;
use crate::network::{Ends, Http, MAX_SOCKETS, Network, Outside, Refusal};
use policies::{Limits, NetworkGrant};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;
use wasmtime::Result;
use wasmtime::component::{HasData, Linker, Resource};
use wasmtime_wasi::p2::bindings::sockets::network::{
    self, ErrorCode, IpAddressFamily, LinkOptions,
};
use wasmtime_wasi::p2::bindings::sockets::{
    instance_network, ip_name_lookup, tcp as wasi_tcp, tcp_create_socket, udp as wasi_udp,
    udp_create_socket,
};
use wasmtime_wasi::p2::{SocketError, SocketResult, TcpSocket, UdpSocket};
use wasmtime_wasi::sockets::{
    SocketAddrUse, WasiSockets, WasiSocketsCtx, WasiSocketsCtxView, WasiSocketsView as _,
};
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};
use wasmtime_wasi_http::WasiHttpCtx;

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
}

/// The network, and what the guest has of it.
pub(super) struct Made {
    network: Network,
    /// Whether anything is granted.
    granted: bool,
    sockets: WasiSocketsCtx,
    /// Sockets that are open.
    open: usize,
    /// Whom datagrams were sent to: each counts once.
    peers: BTreeSet<SocketAddr>,
    http: Http,
    fields: WasiHttpCtx,
    _ends: Ends,
}

impl Networking {
    pub(crate) fn new(
        grants: BTreeSet<NetworkGrant>,
        limits: &Limits,
        outside: Arc<dyn Outside>,
        begin: Instant,
    ) -> Self {
        let given = Given {
            grants,
            limits: *limits,
            outside,
            begin,
        };
        Self { given, made: None }
    }

    pub(super) fn made(&mut self) -> &mut Made {
        let given = &mut self.given;
        self.made.get_or_insert_with(|| Box::new(Made::new(given)))
    }

    /// The network, if anything was asked of it.
    pub(crate) fn used(&self) -> Option<&Network> {
        self.made.as_ref().map(|made| &made.network)
    }
}

impl Made {
    fn new(given: &mut Given) -> Self {
        let grants = std::mem::take(&mut given.grants);
        let granted = !grants.is_empty();
        let outside = Arc::clone(&given.outside);
        let (network, ends) = Network::new(grants, &given.limits, outside, given.begin);
        Self {
            sockets: sockets(&network, granted),
            http: Http(Some(network.clone())),
            fields: WasiHttpCtx::new(),
            network,
            granted,
            open: 0,
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

/// Sockets as the guest's calls find them.
pub(super) struct Sockets<'a> {
    made: &'a mut Network,
    granted: bool,
    open: &'a mut usize,
    peers: &'a mut BTreeSet<SocketAddr>,
    view: WasiSocketsCtxView<'a>,
}

struct Guarded;

impl HasData for Guarded {
    type Data<'a> = Sockets<'a>;
}

/// Counts the call.
fn enter(state: &mut State) -> Sockets<'_> {
    state.usage.host_calls += 1;
    let (made, table) = state.parts.network();
    Sockets {
        made: &mut made.network,
        granted: made.granted,
        open: &mut made.open,
        peers: &mut made.peers,
        view: WasiSocketsCtxView {
            ctx: &mut made.sockets,
            table,
        },
    }
}

/// The same for what has no rule.
fn enter_plain(state: &mut State) -> WasiSocketsCtxView<'_> {
    enter(state).view
}

/// Defines them all.
pub(super) fn add_to_linker(linker: &mut Linker<State>) -> Result<()> {
    network::add_to_linker::<State, WasiSockets>(linker, &LinkOptions::default(), enter_plain)?;
    instance_network::add_to_linker::<State, WasiSockets>(linker, enter_plain)?;
    ip_name_lookup::add_to_linker::<State, Guarded>(linker, enter)?;
    wasi_tcp::add_to_linker::<State, Guarded>(linker, enter)?;
    tcp_create_socket::add_to_linker::<State, Guarded>(linker, enter)?;
    wasi_udp::add_to_linker::<State, Guarded>(linker, enter)?;
    udp_create_socket::add_to_linker::<State, Guarded>(linker, enter)?;
    http::add_to_linker(linker)
}

impl Sockets<'_> {
    fn network(&self) -> &Network {
        self.made
    }

    /// Whether one more socket may be made.
    fn may_open(&self, what: &str, target: &str) -> SocketResult<()> {
        if !self.granted {
            let refusal = self.network().refuse(what, target, Refusal::NotGranted);
            return Err(code(&refusal).into());
        }
        if *self.open >= MAX_SOCKETS {
            let refusal = self.network().refuse(what, target, Refusal::Sockets);
            return Err(code(&refusal).into());
        }
        Ok(())
    }

    /// A socket that listens, or whose port others could know.
    fn inward<T>(&self, what: &str, target: &str) -> SocketResult<T> {
        let refusal = self.network().refuse(what, target, Refusal::Inward);
        Err(code(&refusal).into())
    }

    /// Whether a socket may be bound there: only where the system chooses.
    fn may_bind(&self, what: &str, address: SocketAddr) -> SocketResult<()> {
        if is_anywhere(address) {
            return Ok(());
        }
        self.inward(what, &address.to_string())
    }
}

/// What the guest is told of a refusal.
fn code(refusal: &Refusal) -> ErrorCode {
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

impl network::Host for Sockets<'_> {
    fn convert_error_code(&mut self, error: SocketError) -> Result<ErrorCode> {
        network::Host::convert_error_code(&mut self.view, error)
    }

    fn network_error_code(
        &mut self,
        error: Resource<wasmtime::Error>,
    ) -> Result<Option<ErrorCode>> {
        network::Host::network_error_code(&mut self.view, error)
    }
}

impl network::HostNetwork for Sockets<'_> {
    fn drop(&mut self, network: Resource<wasmtime_wasi::p2::Network>) -> Result<()> {
        network::HostNetwork::drop(&mut self.view, network)
    }
}

impl tcp_create_socket::Host for Sockets<'_> {
    fn create_tcp_socket(&mut self, family: IpAddressFamily) -> SocketResult<Resource<TcpSocket>> {
        self.may_open("create-tcp-socket", "a TCP socket")?;
        let socket = tcp_create_socket::Host::create_tcp_socket(&mut self.view, family)?;
        *self.open += 1;
        Ok(socket)
    }
}

impl udp_create_socket::Host for Sockets<'_> {
    async fn create_udp_socket(
        &mut self,
        family: IpAddressFamily,
    ) -> SocketResult<Resource<UdpSocket>> {
        self.may_open("create-udp-socket", "a UDP socket")?;
        let socket = udp_create_socket::Host::create_udp_socket(&mut self.view, family).await?;
        *self.open += 1;
        Ok(socket)
    }
}

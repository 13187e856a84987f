//! `wasi:sockets/udp`: datagrams to whom a connection would be allowed, and back.

use super::{Answer, closed, code, kept_of, may_bind, network, subscribed, view};
use crate::component::files::try_guest;
use crate::component::link::{Given as _, interface};
use crate::host::State;
use crate::record::kept;
use std::net::SocketAddr;
use wasmtime::Result;
use wasmtime::component::{Linker, Resource};
use wasmtime_wasi::p2::bindings::sockets::network::{
    ErrorCode, IpAddressFamily, IpSocketAddress, Network,
};
use wasmtime_wasi::p2::bindings::sockets::udp::{
    HostIncomingDatagramStream, HostOutgoingDatagramStream, HostUdpSocket, IncomingDatagram,
    IncomingDatagramStream, OutgoingDatagram, OutgoingDatagramStream,
};
use wasmtime_wasi::p2::{DynPollable, UdpSocket};

type Socket = Resource<UdpSocket>;
type Incoming = Resource<IncomingDatagramStream>;
type Outgoing = Resource<OutgoingDatagramStream>;

pub(super) fn add_to_linker(linker: &mut Linker<State>) -> Result<()> {
    interface!(linker "wasi:sockets/udp" {
        resource "udp-socket" UdpSocket => drop_socket;
        resource "incoming-datagram-stream" IncomingDatagramStream => drop_incoming;
        resource "outgoing-datagram-stream" OutgoingDatagramStream => drop_outgoing;
        "[method]udp-socket.start-bind" socket::start_bind(
            socket: Socket, network: Resource<Network>, local_address: IpSocketAddress);
        "[method]udp-socket.finish-bind" socket::finish_bind(socket: Socket);
        "[method]udp-socket.stream"
            socket::stream(socket: Socket, remote_address: Option<IpSocketAddress>);
        "[method]udp-socket.local-address" socket::local_address(socket: Socket);
        "[method]udp-socket.remote-address" socket::remote_address(socket: Socket);
        "[method]udp-socket.address-family" socket::address_family(socket: Socket);
        "[method]udp-socket.unicast-hop-limit" socket::unicast_hop_limit(socket: Socket);
        "[method]udp-socket.set-unicast-hop-limit"
            socket::set_unicast_hop_limit(socket: Socket, value: u8);
        "[method]udp-socket.receive-buffer-size" socket::receive_buffer_size(socket: Socket);
        "[method]udp-socket.set-receive-buffer-size"
            socket::set_receive_buffer_size(socket: Socket, value: u64);
        "[method]udp-socket.send-buffer-size" socket::send_buffer_size(socket: Socket);
        "[method]udp-socket.set-send-buffer-size"
            socket::set_send_buffer_size(socket: Socket, value: u64);
        "[method]udp-socket.subscribe" socket::subscribe(socket: Socket);
        "[method]incoming-datagram-stream.receive"
            datagrams::receive(stream: Incoming, max_results: u64);
        "[method]incoming-datagram-stream.subscribe"
            datagrams::subscribe_incoming(stream: Incoming);
        "[method]outgoing-datagram-stream.check-send" datagrams::check_send(stream: Outgoing);
        "[method]outgoing-datagram-stream.send"
            datagrams::send(stream: Outgoing, datagrams: Vec<OutgoingDatagram>);
        "[method]outgoing-datagram-stream.subscribe"
            datagrams::subscribe_outgoing(stream: Outgoing);
    });
    Ok(())
}

async fn drop_socket(state: &mut State, socket: Socket) -> Result<()> {
    let rep = socket.rep();
    state.take_away(socket)?;
    closed(state, rep);
    Ok(())
}

async fn drop_incoming(state: &mut State, stream: Incoming) -> Result<()> {
    state.take_away(stream)
}

async fn drop_outgoing(state: &mut State, stream: Outgoing) -> Result<()> {
    if state.replays() {
        return state.take_away(stream);
    }
    HostOutgoingDatagramStream::drop(&mut view(state), stream).await
}

/// An empty datagram counts as a byte: somebody carries it all the same.
pub(in crate::component) fn size(data: &[u8]) -> usize {
    data.len().max(1)
}

/// Whether datagrams may go to an address; the first to each counts as a request.
pub(in crate::component) fn may_send(
    state: &mut State,
    to: SocketAddr,
) -> std::result::Result<(), ErrorCode> {
    let made = state.parts.network().0;
    if made.peers.contains(&to) {
        return Ok(());
    }
    let judged = made.network.connect("udp send", to);
    judged.map_err(|refusal| code(&refusal))?;
    made.peers.insert(to);
    Ok(())
}

mod socket {
    use super::*;

    /// Functions of wasmtime-wasi's that no rule speaks of.
    macro_rules! pass {
        ($($name:ident ( $($arg:ident : $ty:ty),* ) -> $result:ty;)*) => {$(
            pub(super) async fn $name(
                state: &mut State,
                socket: Socket,
                $($arg: $ty),*
            ) -> Answer<$result> {
                kept!(
                    state,
                    concat!("udp-socket.", stringify!($name)),
                    HostUdpSocket::$name(&mut view(state), socket, $($arg),*).given()
                )
            }
        )*};
    }

    pass! {
        finish_bind() -> ();
        local_address() -> IpSocketAddress;
        remote_address() -> IpSocketAddress;
        unicast_hop_limit() -> u8;
        set_unicast_hop_limit(value: u8) -> ();
        receive_buffer_size() -> u64;
        set_receive_buffer_size(value: u64) -> ();
        send_buffer_size() -> u64;
        set_send_buffer_size(value: u64) -> ();
    }

    pub(super) async fn address_family(
        state: &mut State,
        socket: Socket,
    ) -> Result<IpAddressFamily> {
        kept!(
            state,
            "udp-socket.address_family",
            HostUdpSocket::address_family(&mut view(state), socket)
        )
    }

    pub(super) async fn start_bind(
        state: &mut State,
        socket: Socket,
        network: Resource<Network>,
        address: IpSocketAddress,
    ) -> Answer<()> {
        try_guest!(may_bind(state, "udp bind", address.into()));
        kept!(state, "udp-socket.start_bind", {
            let sockets = &mut view(state);
            let bound = HostUdpSocket::start_bind(sockets, socket, network, address);
            bound.await.given()
        })
    }

    pub(super) async fn stream(
        state: &mut State,
        socket: Socket,
        remote: Option<IpSocketAddress>,
    ) -> Answer<(Incoming, Outgoing)> {
        if let Some(remote) = remote {
            try_guest!(may_send(state, remote.into()));
        }
        let of = Resource::<UdpSocket>::new_borrow(socket.rep());
        let streams = kept_of(
            state,
            "udp-socket.stream",
            async |state| {
                let sockets = &mut view(state);
                HostUdpSocket::stream(sockets, socket, remote).await.given()
            },
            |_| (),
            |state, ()| Ok((state.stand_in_of(&of)?, state.stand_in_of(&of)?)),
        );
        streams.await
    }

    pub(super) async fn subscribe(
        state: &mut State,
        socket: Socket,
    ) -> Result<Resource<DynPollable>> {
        let of = Resource::<UdpSocket>::new_borrow(socket.rep());
        subscribed(state, &of, |state| {
            HostUdpSocket::subscribe(&mut view(state), socket)
        })
    }
}

mod datagrams {
    use super::*;

    pub(super) async fn receive(
        state: &mut State,
        stream: Incoming,
        most: u64,
    ) -> Answer<Vec<IncomingDatagram>> {
        let came: Answer<Vec<IncomingDatagram>> = kept!(
            state,
            "incoming-datagram-stream.receive",
            HostIncomingDatagramStream::receive(&mut view(state), stream, most).given()
        );
        let came = try_guest!(came?);
        let network = network(state);
        let mut given = Vec::with_capacity(came.len());
        for datagram in came {
            let counted = network.receives("udp receive", size(&datagram.data));
            match counted {
                Ok(()) => given.push(datagram),
                // The rest is lost, as datagrams may be.
                Err(refusal) if given.is_empty() => return Ok(Err(code(&refusal))),
                Err(_) => break,
            }
        }
        Ok(Ok(given))
    }

    pub(super) async fn subscribe_incoming(
        state: &mut State,
        stream: Incoming,
    ) -> Result<Resource<DynPollable>> {
        let of = Incoming::new_borrow(stream.rep());
        subscribed(state, &of, |state| {
            HostIncomingDatagramStream::subscribe(&mut view(state), stream)
        })
    }

    pub(super) async fn check_send(state: &mut State, stream: Outgoing) -> Answer<u64> {
        kept!(
            state,
            "outgoing-datagram-stream.check_send",
            HostOutgoingDatagramStream::check_send(&mut view(state), stream).given()
        )
    }

    pub(super) async fn send(
        state: &mut State,
        stream: Outgoing,
        mut datagrams: Vec<OutgoingDatagram>,
    ) -> Answer<u64> {
        let network = network(state);
        let mut sizes = Vec::with_capacity(datagrams.len());
        let mut left = network.bytes_left();
        let mut refused = None;
        for datagram in &datagrams {
            let to = datagram.remote_address.map(SocketAddr::from);
            if let Some(Err(code)) = to.map(|to| may_send(state, to)) {
                refused = Some(code);
                break;
            }
            let size = size(&datagram.data);
            let Some(rest) = left.checked_sub(size as u64) else {
                let counted = network.sends("udp send", size);
                refused = counted.err().map(|refusal| code(&refusal));
                break;
            };
            left = rest;
            sizes.push(size);
        }
        // Those before the one that is refused go out.
        if let Some(code) = refused.filter(|_| sizes.is_empty()) {
            return Ok(Err(code));
        }
        datagrams.truncate(sizes.len());
        let sent: Answer<u64> = kept!(
            state,
            "outgoing-datagram-stream.send",
            HostOutgoingDatagramStream::send(&mut view(state), stream, datagrams).given()
        );
        let sent = try_guest!(sent?);
        let went = usize::try_from(sent).unwrap_or(usize::MAX);
        let bytes = sizes.iter().take(went).sum();
        let counted = network.sends("udp send", bytes);
        Ok(counted.map(|()| sent).map_err(|refusal| code(&refusal)))
    }

    pub(super) async fn subscribe_outgoing(
        state: &mut State,
        stream: Outgoing,
    ) -> Result<Resource<DynPollable>> {
        let of = Outgoing::new_borrow(stream.rep());
        subscribed(state, &of, |state| {
            HostOutgoingDatagramStream::subscribe(&mut view(state), stream)
        })
    }
}

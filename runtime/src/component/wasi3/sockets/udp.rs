//! UDP: datagrams to whom a connection would be allowed, and back.

use super::{Answer, ruled};
use crate::component::files::try_guest;
use crate::component::link::{Given as _, interface, passed};
use crate::component::network::{
    closed, code, may_bind, may_open, may_send, network, opened, size, view,
};
use crate::component::wasi3::called;
use crate::component::words::words;
use crate::host::State;
use wasmtime::component::{Accessor, Linker, Resource};
use wasmtime::{AsContextMut as _, Result};
use wasmtime_wasi::p3::bindings::sockets::types::{
    HostUdpSocket, HostUdpSocketWithStore, IpAddressFamily, IpSocketAddress,
};
use wasmtime_wasi::sockets::{UdpSocket, WasiSockets};

type Socket = Resource<UdpSocket>;
type Datagram = (Vec<u8>, IpSocketAddress);

pub(super) fn add_to_linker(linker: &mut Linker<State>) -> Result<()> {
    interface!(@later linker "wasi:sockets/types" {
        resource "udp-socket" UdpSocket => socket::forget;
        "[static]udp-socket.create" socket::create(family: IpAddressFamily);
        "[method]udp-socket.bind" socket::bind(socket: Socket, local_address: IpSocketAddress);
        "[method]udp-socket.connect"
            socket::connect(socket: Socket, remote_address: IpSocketAddress);
    });
    passed!(@later linker "wasi:sockets/types" view {
        "[method]udp-socket.disconnect" HostUdpSocket::disconnect(socket: Socket);
        "[method]udp-socket.get-local-address" HostUdpSocket::get_local_address(socket: Socket);
        "[method]udp-socket.get-remote-address" HostUdpSocket::get_remote_address(socket: Socket);
        "[method]udp-socket.get-address-family" HostUdpSocket::get_address_family(socket: Socket);
        "[method]udp-socket.get-unicast-hop-limit"
            HostUdpSocket::get_unicast_hop_limit(socket: Socket);
        "[method]udp-socket.set-unicast-hop-limit"
            HostUdpSocket::set_unicast_hop_limit(socket: Socket, value: u8);
        "[method]udp-socket.get-receive-buffer-size"
            HostUdpSocket::get_receive_buffer_size(socket: Socket);
        "[method]udp-socket.set-receive-buffer-size"
            HostUdpSocket::set_receive_buffer_size(socket: Socket, value: u64);
        "[method]udp-socket.get-send-buffer-size"
            HostUdpSocket::get_send_buffer_size(socket: Socket);
        "[method]udp-socket.set-send-buffer-size"
            HostUdpSocket::set_send_buffer_size(socket: Socket, value: u64);
    });
    let mut types = linker.instance("wasi:sockets/types@0.3.0")?;
    types.func_wrap_concurrent(
        "[method]udp-socket.send",
        |store: &Accessor<State>,
         (socket, data, to): (Socket, Vec<u8>, Option<IpSocketAddress>)| {
            Box::pin(async move { Ok((send(store, socket, data, to).await?,)) })
        },
    )?;
    types.func_wrap_concurrent(
        "[method]udp-socket.receive",
        |store: &Accessor<State>, (socket,): (Socket,)| {
            Box::pin(async move { Ok((receive(store, socket).await?,)) })
        },
    )
}

/// Counted before it goes, so that of two at the same time only those go that may.
async fn send(
    store: &Accessor<State>,
    socket: Socket,
    data: Vec<u8>,
    remote_address: Option<IpSocketAddress>,
) -> Answer<()> {
    let judged = store.with(|mut access| {
        let mut store = access.as_context_mut();
        let asked = "wasi:sockets/types [method]udp-socket.send";
        let words = || words!(socket, data, remote_address);
        let state = called(&mut store, asked, words)?;
        // Where none is named, it was judged when it was connected to.
        if let Some(to) = remote_address {
            try_guest!(may_send(state, to.into()));
        }
        let counted = network(state).sends("udp send", size(&data));
        wasmtime::error::Ok(counted.map_err(|refusal| code(&refusal)))
    })?;
    try_guest!(ruled(judged));
    let sockets = store.with_getter::<WasiSockets>(view);
    let sent = HostUdpSocketWithStore::send(&sockets, socket, data, remote_address).await;
    sent.given()
}

async fn receive(store: &Accessor<State>, socket: Socket) -> Answer<Datagram> {
    let network = store.with(|mut access| {
        let mut store = access.as_context_mut();
        let asked = "wasi:sockets/types [method]udp-socket.receive";
        called(&mut store, asked, || words!(socket)).map(network)
    })?;
    let sockets = store.with_getter::<WasiSockets>(view);
    let came = HostUdpSocketWithStore::receive(&sockets, socket).await;
    let (data, from) = try_guest!(came.given()?);
    let counted = network.receives("udp receive", size(&data));
    // What is over the limit is lost, as datagrams may be.
    try_guest!(ruled(counted.map_err(|refusal| code(&refusal))));
    Ok(Ok((data, from)))
}

mod socket {
    use super::*;

    pub(super) async fn create(state: &mut State, family: IpAddressFamily) -> Answer<Socket> {
        try_guest!(ruled(may_open(state, "create-udp-socket", "a UDP socket")));
        state.keeps_no_network()?;
        let created = HostUdpSocket::create(&mut view(state), family).await;
        let socket = try_guest!(created.given()?);
        opened(state, socket.rep());
        Ok(Ok(socket))
    }

    pub(super) async fn bind(
        state: &mut State,
        socket: Socket,
        address: IpSocketAddress,
    ) -> Answer<()> {
        try_guest!(ruled(may_bind(state, "udp bind", address.into())));
        let bound = HostUdpSocket::bind(&mut view(state), socket, address).await;
        bound.given()
    }

    pub(super) async fn connect(
        state: &mut State,
        socket: Socket,
        address: IpSocketAddress,
    ) -> Answer<()> {
        try_guest!(ruled(may_send(state, address.into())));
        let connected = HostUdpSocket::connect(&mut view(state), socket, address).await;
        connected.given()
    }

    pub(super) async fn forget(state: &mut State, socket: Socket) -> Result<()> {
        let rep = socket.rep();
        state.parts.table.delete(socket)?;
        closed(state, rep);
        Ok(())
    }
}

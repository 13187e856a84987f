//! TCP: connections out.

use super::relay::{Way, relay};
use super::{Answer, Outcome, ruled};
use crate::component::files::try_guest;
use crate::component::link::{Given as _, interface, passed};
use crate::component::network::{
    closed, code, inward, may_bind, may_open, network, opened, share, view,
};
use crate::component::wasi3::called;
use crate::component::words::words;
use crate::host::State;
use std::net::SocketAddr;
use wasmtime::component::{Access, Accessor, FutureReader, Linker, Resource, StreamReader};
use wasmtime::{AsContextMut as _, Result, StoreContextMut};
use wasmtime_wasi::p3::bindings::sockets::types::{
    HostTcpSocket, HostTcpSocketWithStore, IpAddressFamily, IpSocketAddress,
};
use wasmtime_wasi::sockets::{TcpSocket, WasiSockets};

type Socket = Resource<TcpSocket>;

pub(super) fn add_to_linker(linker: &mut Linker<State>) -> Result<()> {
    interface!(@later linker "wasi:sockets/types" {
        resource "tcp-socket" TcpSocket => socket::forget;
        "[static]tcp-socket.create" socket::create(family: IpAddressFamily);
        "[method]tcp-socket.bind" socket::bind(socket: Socket, local_address: IpSocketAddress);
        "[method]tcp-socket.listen" socket::listen(socket: Socket);
    });
    passed!(@later linker "wasi:sockets/types" view {
        "[method]tcp-socket.get-local-address" HostTcpSocket::get_local_address(socket: Socket);
        "[method]tcp-socket.get-remote-address" HostTcpSocket::get_remote_address(socket: Socket);
        "[method]tcp-socket.get-is-listening" HostTcpSocket::get_is_listening(socket: Socket);
        "[method]tcp-socket.get-address-family" HostTcpSocket::get_address_family(socket: Socket);
        "[method]tcp-socket.set-listen-backlog-size"
            HostTcpSocket::set_listen_backlog_size(socket: Socket, value: u64);
        "[method]tcp-socket.get-keep-alive-enabled"
            HostTcpSocket::get_keep_alive_enabled(socket: Socket);
        "[method]tcp-socket.set-keep-alive-enabled"
            HostTcpSocket::set_keep_alive_enabled(socket: Socket, value: bool);
        "[method]tcp-socket.get-keep-alive-idle-time"
            HostTcpSocket::get_keep_alive_idle_time(socket: Socket);
        "[method]tcp-socket.set-keep-alive-idle-time"
            HostTcpSocket::set_keep_alive_idle_time(socket: Socket, value: u64);
        "[method]tcp-socket.get-keep-alive-interval"
            HostTcpSocket::get_keep_alive_interval(socket: Socket);
        "[method]tcp-socket.set-keep-alive-interval"
            HostTcpSocket::set_keep_alive_interval(socket: Socket, value: u64);
        "[method]tcp-socket.get-keep-alive-count"
            HostTcpSocket::get_keep_alive_count(socket: Socket);
        "[method]tcp-socket.set-keep-alive-count"
            HostTcpSocket::set_keep_alive_count(socket: Socket, value: u32);
        "[method]tcp-socket.get-hop-limit" HostTcpSocket::get_hop_limit(socket: Socket);
        "[method]tcp-socket.set-hop-limit"
            HostTcpSocket::set_hop_limit(socket: Socket, value: u8);
        "[method]tcp-socket.get-receive-buffer-size"
            HostTcpSocket::get_receive_buffer_size(socket: Socket);
        "[method]tcp-socket.set-receive-buffer-size"
            HostTcpSocket::set_receive_buffer_size(socket: Socket, value: u64);
        "[method]tcp-socket.get-send-buffer-size"
            HostTcpSocket::get_send_buffer_size(socket: Socket);
        "[method]tcp-socket.set-send-buffer-size"
            HostTcpSocket::set_send_buffer_size(socket: Socket, value: u64);
    });
    let mut types = linker.instance("wasi:sockets/types@0.3.0")?;
    types.func_wrap_concurrent(
        "[method]tcp-socket.connect",
        |store: &Accessor<State>, (socket, address): (Socket, IpSocketAddress)| {
            Box::pin(async move { Ok((connect(store, socket, address).await?,)) })
        },
    )?;
    types.func_wrap(
        "[method]tcp-socket.send",
        |mut store: StoreContextMut<'_, State>, (socket, data): (Socket, StreamReader<u8>)| {
            Ok((send(&mut store, socket, data)?,))
        },
    )?;
    types.func_wrap(
        "[method]tcp-socket.receive",
        |mut store: StoreContextMut<'_, State>, (socket,): (Socket,)| {
            Ok((receive(&mut store, socket)?,))
        },
    )
}

async fn connect(
    store: &Accessor<State>,
    socket: Socket,
    remote_address: IpSocketAddress,
) -> Answer<()> {
    let judged = store.with(|mut access| {
        let mut store = access.as_context_mut();
        let asked = "wasi:sockets/types [method]tcp-socket.connect";
        let state = called(&mut store, asked, || words!(socket, remote_address))?;
        let to = SocketAddr::from(remote_address);
        let judged = network(state).connect("tcp connect", to);
        wasmtime::error::Ok(judged.map_err(|refusal| code(&refusal)))
    })?;
    try_guest!(ruled(judged));
    let sockets = store.with_getter::<WasiSockets>(view);
    let connected = HostTcpSocketWithStore::connect(&sockets, socket, remote_address).await;
    connected.given()
}

fn send(
    store: &mut StoreContextMut<'_, State>,
    socket: Socket,
    data: StreamReader<u8>,
) -> Result<FutureReader<Outcome>> {
    let asked = "wasi:sockets/types [method]tcp-socket.send";
    let state = called(store, asked, || words!(socket))?;
    let (takes, gives, went) = relay(network(state), Way::Out, share(state, socket.rep()));
    data.pipe(&mut *store, takes)?;
    let counted = StreamReader::new(&mut *store, gives)?;
    let sockets = Access::<State, WasiSockets>::new(store.as_context_mut(), view);
    let theirs = HostTcpSocketWithStore::send(sockets, socket, counted)?;
    went.told(store, theirs)
}

fn receive(
    store: &mut StoreContextMut<'_, State>,
    socket: Socket,
) -> Result<(StreamReader<u8>, FutureReader<Outcome>)> {
    let asked = "wasi:sockets/types [method]tcp-socket.receive";
    let state = called(store, asked, || words!(socket))?;
    let (takes, gives, went) = relay(network(state), Way::In, share(state, socket.rep()));
    let sockets = Access::<State, WasiSockets>::new(store.as_context_mut(), view);
    let (data, theirs) = HostTcpSocketWithStore::receive(sockets, socket)?;
    data.pipe(&mut *store, takes)?;
    let counted = StreamReader::new(&mut *store, gives)?;
    Ok((counted, went.told(store, theirs)?))
}

mod socket {
    use super::*;

    pub(super) async fn create(state: &mut State, family: IpAddressFamily) -> Answer<Socket> {
        try_guest!(ruled(may_open(state, "create-tcp-socket", "a TCP socket")));
        state.keeps_no_network()?;
        let socket = try_guest!(HostTcpSocket::create(&mut view(state), family).given()?);
        opened(state, socket.rep());
        Ok(Ok(socket))
    }

    pub(super) async fn bind(
        state: &mut State,
        socket: Socket,
        address: IpSocketAddress,
    ) -> Answer<()> {
        try_guest!(ruled(may_bind(state, "tcp bind", address.into())));
        let bound = HostTcpSocket::bind(&mut view(state), socket, address).await;
        bound.given()
    }

    pub(super) async fn listen(
        state: &mut State,
        _: Socket,
    ) -> Answer<StreamReader<Resource<TcpSocket>>> {
        Ok(ruled(Err(inward(state, "tcp listen", "a TCP socket"))))
    }

    pub(super) async fn forget(state: &mut State, socket: Socket) -> Result<()> {
        let rep = socket.rep();
        state.parts.table.delete(socket)?;
        closed(state, rep);
        Ok(())
    }
}

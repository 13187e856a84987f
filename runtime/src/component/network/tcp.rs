//! `wasi:sockets/tcp`: connections out, and every byte counted.

use super::{Answer, closed, code, inward, kept_of, may_bind, network, subscribed, view};
use crate::component::files::try_guest;
use crate::component::kept::{StandIn, kept_stream};
use crate::component::link::{Given as _, interface};
use crate::host::State;
use crate::network::{Network, Refusal};
use crate::record::{Tape, kept};
use bytes::Bytes;
use std::io;
use std::net::SocketAddr;
use std::task::Poll;
use wasmtime::Result;
use wasmtime::component::{Linker, Resource};
use wasmtime_wasi::p2::bindings::sockets::network::{
    IpAddressFamily, IpSocketAddress, Network as Capability,
};
use wasmtime_wasi::p2::bindings::sockets::tcp::{HostTcpSocket, ShutdownType};
use wasmtime_wasi::p2::pipe::{ClosedInputStream, ClosedOutputStream};
use wasmtime_wasi::p2::{
    DynInputStream, DynOutputStream, DynPollable, InputStream, OutputStream, Pollable, StreamError,
    StreamResult, TcpSocket,
};

type Socket = Resource<TcpSocket>;
type Streams = (Resource<DynInputStream>, Resource<DynOutputStream>);

pub(super) fn add_to_linker(linker: &mut Linker<State>) -> Result<()> {
    interface!(linker "wasi:sockets/tcp" {
        resource "tcp-socket" TcpSocket => drop_socket;
        "[method]tcp-socket.start-bind" socket::start_bind(
            socket: Socket, network: Resource<Capability>, local_address: IpSocketAddress);
        "[method]tcp-socket.finish-bind" socket::finish_bind(socket: Socket);
        "[method]tcp-socket.start-connect" socket::start_connect(
            socket: Socket, network: Resource<Capability>, remote_address: IpSocketAddress);
        "[method]tcp-socket.finish-connect" socket::finish_connect(socket: Socket);
        "[method]tcp-socket.start-listen" socket::start_listen(socket: Socket);
        "[method]tcp-socket.finish-listen" socket::finish_listen(socket: Socket);
        "[method]tcp-socket.accept" socket::accept(socket: Socket);
        "[method]tcp-socket.local-address" socket::local_address(socket: Socket);
        "[method]tcp-socket.remote-address" socket::remote_address(socket: Socket);
        "[method]tcp-socket.is-listening" socket::is_listening(socket: Socket);
        "[method]tcp-socket.address-family" socket::address_family(socket: Socket);
        "[method]tcp-socket.set-listen-backlog-size"
            socket::set_listen_backlog_size(socket: Socket, value: u64);
        "[method]tcp-socket.keep-alive-enabled" socket::keep_alive_enabled(socket: Socket);
        "[method]tcp-socket.set-keep-alive-enabled"
            socket::set_keep_alive_enabled(socket: Socket, value: bool);
        "[method]tcp-socket.keep-alive-idle-time" socket::keep_alive_idle_time(socket: Socket);
        "[method]tcp-socket.set-keep-alive-idle-time"
            socket::set_keep_alive_idle_time(socket: Socket, value: u64);
        "[method]tcp-socket.keep-alive-interval" socket::keep_alive_interval(socket: Socket);
        "[method]tcp-socket.set-keep-alive-interval"
            socket::set_keep_alive_interval(socket: Socket, value: u64);
        "[method]tcp-socket.keep-alive-count" socket::keep_alive_count(socket: Socket);
        "[method]tcp-socket.set-keep-alive-count"
            socket::set_keep_alive_count(socket: Socket, value: u32);
        "[method]tcp-socket.hop-limit" socket::hop_limit(socket: Socket);
        "[method]tcp-socket.set-hop-limit" socket::set_hop_limit(socket: Socket, value: u8);
        "[method]tcp-socket.receive-buffer-size" socket::receive_buffer_size(socket: Socket);
        "[method]tcp-socket.set-receive-buffer-size"
            socket::set_receive_buffer_size(socket: Socket, value: u64);
        "[method]tcp-socket.send-buffer-size" socket::send_buffer_size(socket: Socket);
        "[method]tcp-socket.set-send-buffer-size"
            socket::set_send_buffer_size(socket: Socket, value: u64);
        "[method]tcp-socket.subscribe" socket::subscribe(socket: Socket);
        "[method]tcp-socket.shutdown"
            socket::shutdown(socket: Socket, shutdown_type: ShutdownType);
    });
    Ok(())
}

async fn drop_socket(state: &mut State, socket: Socket) -> Result<()> {
    let rep = socket.rep();
    state.take_away(socket)?;
    closed(state, rep);
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
                    concat!("tcp-socket.", stringify!($name)),
                    HostTcpSocket::$name(&mut view(state), socket, $($arg),*).given()
                )
            }
        )*};
    }

    pass! {
        finish_bind() -> ();
        local_address() -> IpSocketAddress;
        remote_address() -> IpSocketAddress;
        set_listen_backlog_size(value: u64) -> ();
        keep_alive_enabled() -> bool;
        set_keep_alive_enabled(value: bool) -> ();
        keep_alive_idle_time() -> u64;
        set_keep_alive_idle_time(value: u64) -> ();
        keep_alive_interval() -> u64;
        set_keep_alive_interval(value: u64) -> ();
        keep_alive_count() -> u32;
        set_keep_alive_count(value: u32) -> ();
        hop_limit() -> u8;
        set_hop_limit(value: u8) -> ();
        receive_buffer_size() -> u64;
        set_receive_buffer_size(value: u64) -> ();
        send_buffer_size() -> u64;
        set_send_buffer_size(value: u64) -> ();
        shutdown(what: ShutdownType) -> ();
    }

    pub(super) async fn is_listening(state: &mut State, socket: Socket) -> Result<bool> {
        kept!(
            state,
            "tcp-socket.is_listening",
            HostTcpSocket::is_listening(&mut view(state), socket)
        )
    }

    pub(super) async fn address_family(
        state: &mut State,
        socket: Socket,
    ) -> Result<IpAddressFamily> {
        kept!(
            state,
            "tcp-socket.address_family",
            HostTcpSocket::address_family(&mut view(state), socket)
        )
    }

    pub(super) async fn start_bind(
        state: &mut State,
        socket: Socket,
        network: Resource<Capability>,
        address: IpSocketAddress,
    ) -> Answer<()> {
        try_guest!(may_bind(state, "tcp bind", address.into()));
        kept!(state, "tcp-socket.start_bind", {
            let sockets = &mut view(state);
            let bound = HostTcpSocket::start_bind(sockets, socket, network, address);
            bound.await.given()
        })
    }

    pub(super) async fn start_connect(
        state: &mut State,
        socket: Socket,
        capability: Resource<Capability>,
        address: IpSocketAddress,
    ) -> Answer<()> {
        let to = SocketAddr::from(address);
        let judged = network(state).connect("tcp connect", to);
        try_guest!(judged.map_err(|refusal| code(&refusal)));
        kept!(state, "tcp-socket.start_connect", {
            HostTcpSocket::start_connect(&mut view(state), socket, capability, address).given()
        })
    }

    pub(super) async fn finish_connect(state: &mut State, socket: Socket) -> Answer<Streams> {
        let of = Resource::<TcpSocket>::new_borrow(socket.rep());
        let connected = kept_of(
            state,
            "tcp-socket.finish_connect",
            async |state| HostTcpSocket::finish_connect(&mut view(state), socket).given(),
            |_| (),
            |state, ()| Ok((stand_in(state, &of)?, stand_in_out(state, &of)?)),
        );
        let (input, output) = try_guest!(connected.await?);
        let (network, tape) = (network(state), state.tape.clone());
        let table = &mut state.parts.table;
        let place = table.get_mut(&input)?;
        let inner = std::mem::replace(place, Box::new(ClosedInputStream));
        *place = Box::new(Received {
            inner,
            network: network.clone(),
            tape: tape.clone(),
        });
        let place = table.get_mut(&output)?;
        let inner = std::mem::replace(place, Box::new(ClosedOutputStream));
        let told = tape.is_some();
        *place = Box::new(Sent {
            inner,
            network,
            tape,
        });
        if told {
            state.parts.outside.extend([input.rep(), output.rep()]);
        }
        Ok(Ok((input, output)))
    }

    /// Streams that are never asked.
    fn stand_in(state: &mut State, of: &Socket) -> Result<Resource<DynInputStream>> {
        let of = Resource::<StandIn>::new_borrow(of.rep());
        let stream: DynInputStream = Box::new(ClosedInputStream);
        Ok(state.parts.table.push_child(stream, &of)?)
    }

    fn stand_in_out(state: &mut State, of: &Socket) -> Result<Resource<DynOutputStream>> {
        let of = Resource::<StandIn>::new_borrow(of.rep());
        let stream: DynOutputStream = Box::new(ClosedOutputStream);
        Ok(state.parts.table.push_child(stream, &of)?)
    }

    pub(super) async fn start_listen(state: &mut State, _: Socket) -> Answer<()> {
        Ok(Err(inward(state, "tcp listen", "a TCP socket")))
    }

    pub(super) async fn finish_listen(state: &mut State, _: Socket) -> Answer<()> {
        Ok(Err(inward(state, "tcp listen", "a TCP socket")))
    }

    pub(super) async fn accept(
        state: &mut State,
        _: Socket,
    ) -> Answer<(Socket, Resource<DynInputStream>, Resource<DynOutputStream>)> {
        Ok(Err(inward(state, "tcp accept", "a TCP socket")))
    }

    pub(super) async fn subscribe(
        state: &mut State,
        socket: Socket,
    ) -> Result<Resource<DynPollable>> {
        let of = Resource::<TcpSocket>::new_borrow(socket.rep());
        subscribed(state, &of, |state| {
            HostTcpSocket::subscribe(&mut view(state), socket)
        })
    }
}

/// What is asked once a stream is ready, as recordings name it.
const READ: &str = "tcp stream read";
const ROOM: &str = "tcp stream's room";

/// In a replay a stream is ready when it was asked: until then other things went on.
async fn comes(tape: &Tape, asked: &str) {
    std::future::poll_fn(|_| {
        if tape.answers(asked) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
}

/// What comes in over a connection.
struct Received {
    inner: DynInputStream,
    network: Network,
    tape: Option<Tape>,
}

#[wasmtime_wasi::async_trait]
impl Pollable for Received {
    async fn ready(&mut self) {
        match &self.tape {
            Some(tape) if tape.replays() => comes(tape, READ).await,
            _ => self.inner.ready().await,
        }
    }
}

#[wasmtime_wasi::async_trait]
impl InputStream for Received {
    fn read(&mut self, size: usize) -> StreamResult<Bytes> {
        // Where nothing more may come, one byte tells whether there is more.
        let left = usize::try_from(self.network.bytes_left()).unwrap_or(usize::MAX);
        let size = size.min(left.max(1));
        let read = || self.inner.read(size);
        let bytes = kept_stream(self.tape.as_ref(), READ, read)?;
        if !bytes.is_empty() {
            let counted = self.network.receives("tcp receive", bytes.len());
            counted.map_err(|refusal| failed(&refusal))?;
        }
        Ok(bytes)
    }

    async fn cancel(&mut self) {
        self.inner.cancel().await;
    }
}

/// What goes out over a connection.
struct Sent {
    inner: DynOutputStream,
    network: Network,
    tape: Option<Tape>,
}

#[wasmtime_wasi::async_trait]
impl Pollable for Sent {
    async fn ready(&mut self) {
        match &self.tape {
            Some(tape) if tape.replays() => comes(tape, ROOM).await,
            _ => self.inner.ready().await,
        }
    }
}

#[wasmtime_wasi::async_trait]
impl OutputStream for Sent {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        let counted = self.network.sends("tcp send", bytes.len());
        counted.map_err(|refusal| failed(&refusal))?;
        let write = || self.inner.write(bytes);
        kept_stream(self.tape.as_ref(), "tcp stream written", write)
    }

    fn flush(&mut self) -> StreamResult<()> {
        let flush = || self.inner.flush();
        kept_stream(self.tape.as_ref(), "tcp stream flushed", flush)
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        let check = || Ok(self.inner.check_write()? as u64);
        let room = kept_stream(self.tape.as_ref(), ROOM, check)?;
        Ok(usize::try_from(room).unwrap_or(usize::MAX))
    }

    async fn cancel(&mut self) {
        self.inner.cancel().await;
    }
}

/// A refusal as a stream tells it; `network-error-code` makes `access-denied` of it.
fn failed(refusal: &Refusal) -> StreamError {
    let error = io::Error::new(io::ErrorKind::PermissionDenied, refusal.to_string());
    StreamError::LastOperationFailed(error.into())
}

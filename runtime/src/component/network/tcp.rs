//! `wasi:sockets/tcp`: connections out, and every byte counted.

use super::Sockets;
use super::code;
use crate::network::{Network, Refusal};
use bytes::Bytes;
use std::io;
use std::net::SocketAddr;
use wasmtime::Result;
use wasmtime::component::Resource;
use wasmtime_wasi::p2::bindings::sockets::network::{
    IpAddressFamily, IpSocketAddress, Network as Capability,
};
use wasmtime_wasi::p2::bindings::sockets::tcp::{Host, HostTcpSocket, ShutdownType};
use wasmtime_wasi::p2::pipe::{ClosedInputStream, ClosedOutputStream};
use wasmtime_wasi::p2::{
    DynInputStream, DynOutputStream, DynPollable, InputStream, OutputStream, Pollable,
    SocketResult, StreamError, StreamResult, TcpSocket,
};

type Socket = Resource<TcpSocket>;

impl Host for Sockets<'_> {}

/// Functions of wasmtime-wasi's that no rule speaks of.
macro_rules! pass {
    ($($name:ident ( $($arg:ident : $ty:ty),* ) -> $result:ty;)*) => {$(
        fn $name(&mut self, socket: Socket, $($arg: $ty),*) -> $result {
            HostTcpSocket::$name(&mut self.view, socket, $($arg),*)
        }
    )*};
}

impl HostTcpSocket for Sockets<'_> {
    async fn start_bind(
        &mut self,
        socket: Socket,
        network: Resource<Capability>,
        address: IpSocketAddress,
    ) -> SocketResult<()> {
        self.may_bind("tcp bind", address.into())?;
        HostTcpSocket::start_bind(&mut self.view, socket, network, address).await
    }

    fn start_connect(
        &mut self,
        socket: Socket,
        network: Resource<Capability>,
        address: IpSocketAddress,
    ) -> SocketResult<()> {
        let to = SocketAddr::from(address);
        let judged = self.network().connect("tcp connect", to);
        judged.map_err(|refusal| code(&refusal))?;
        HostTcpSocket::start_connect(&mut self.view, socket, network, address)
    }

    fn finish_connect(
        &mut self,
        socket: Socket,
    ) -> SocketResult<(Resource<DynInputStream>, Resource<DynOutputStream>)> {
        let (input, output) = HostTcpSocket::finish_connect(&mut self.view, socket)?;
        let network = self.network().clone();
        let place = self.view.table.get_mut(&input)?;
        let inner = std::mem::replace(place, Box::new(ClosedInputStream));
        *place = Box::new(Received {
            inner,
            network: network.clone(),
        });
        let place = self.view.table.get_mut(&output)?;
        let inner = std::mem::replace(place, Box::new(ClosedOutputStream));
        *place = Box::new(Sent { inner, network });
        Ok((input, output))
    }

    async fn start_listen(&mut self, _: Socket) -> SocketResult<()> {
        self.inward("tcp listen", "a TCP socket")
    }

    fn finish_listen(&mut self, _: Socket) -> SocketResult<()> {
        self.inward("tcp listen", "a TCP socket")
    }

    fn accept(
        &mut self,
        _: Socket,
    ) -> SocketResult<(Socket, Resource<DynInputStream>, Resource<DynOutputStream>)> {
        self.inward("tcp accept", "a TCP socket")
    }

    fn drop(&mut self, socket: Socket) -> Result<()> {
        HostTcpSocket::drop(&mut self.view, socket)?;
        *self.open = self.open.saturating_sub(1);
        Ok(())
    }

    pass! {
        finish_bind() -> SocketResult<()>;
        local_address() -> SocketResult<IpSocketAddress>;
        remote_address() -> SocketResult<IpSocketAddress>;
        is_listening() -> Result<bool>;
        address_family() -> Result<IpAddressFamily>;
        set_listen_backlog_size(value: u64) -> SocketResult<()>;
        keep_alive_enabled() -> SocketResult<bool>;
        set_keep_alive_enabled(value: bool) -> SocketResult<()>;
        keep_alive_idle_time() -> SocketResult<u64>;
        set_keep_alive_idle_time(value: u64) -> SocketResult<()>;
        keep_alive_interval() -> SocketResult<u64>;
        set_keep_alive_interval(value: u64) -> SocketResult<()>;
        keep_alive_count() -> SocketResult<u32>;
        set_keep_alive_count(value: u32) -> SocketResult<()>;
        hop_limit() -> SocketResult<u8>;
        set_hop_limit(value: u8) -> SocketResult<()>;
        receive_buffer_size() -> SocketResult<u64>;
        set_receive_buffer_size(value: u64) -> SocketResult<()>;
        send_buffer_size() -> SocketResult<u64>;
        set_send_buffer_size(value: u64) -> SocketResult<()>;
        subscribe() -> Result<Resource<DynPollable>>;
        shutdown(what: ShutdownType) -> SocketResult<()>;
    }
}

/// What comes in over a connection.
struct Received {
    inner: DynInputStream,
    network: Network,
}

#[wasmtime_wasi::async_trait]
impl Pollable for Received {
    async fn ready(&mut self) {
        self.inner.ready().await;
    }
}

#[wasmtime_wasi::async_trait]
impl InputStream for Received {
    fn read(&mut self, size: usize) -> StreamResult<Bytes> {
        // Where nothing more may come, one byte tells whether there is more.
        let left = usize::try_from(self.network.bytes_left()).unwrap_or(usize::MAX);
        let bytes = self.inner.read(size.min(left.max(1)))?;
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
}

#[wasmtime_wasi::async_trait]
impl Pollable for Sent {
    async fn ready(&mut self) {
        self.inner.ready().await;
    }
}

#[wasmtime_wasi::async_trait]
impl OutputStream for Sent {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        let counted = self.network.sends("tcp send", bytes.len());
        counted.map_err(|refusal| failed(&refusal))?;
        self.inner.write(bytes)
    }

    fn flush(&mut self) -> StreamResult<()> {
        self.inner.flush()
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        self.inner.check_write()
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

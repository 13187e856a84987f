//! `wasi:sockets/udp`: datagrams to whom a connection would be allowed, and back.

use super::{Sockets, code};
use std::net::SocketAddr;
use wasmtime::Result;
use wasmtime::component::Resource;
use wasmtime_wasi::p2::bindings::sockets::network::{
    ErrorCode, IpAddressFamily, IpSocketAddress, Network,
};
use wasmtime_wasi::p2::bindings::sockets::udp::{
    Host, HostIncomingDatagramStream, HostOutgoingDatagramStream, HostUdpSocket, IncomingDatagram,
    IncomingDatagramStream, OutgoingDatagram, OutgoingDatagramStream,
};
use wasmtime_wasi::p2::{DynPollable, SocketResult, UdpSocket};

type Socket = Resource<UdpSocket>;
type Incoming = Resource<IncomingDatagramStream>;
type Outgoing = Resource<OutgoingDatagramStream>;

/// An empty datagram counts as a byte: somebody carries it all the same.
fn size(data: &[u8]) -> usize {
    data.len().max(1)
}

impl Host for Sockets<'_> {}

impl Sockets<'_> {
    /// Whether datagrams may go to an address; the first to each counts as a request.
    fn may_send(&mut self, to: SocketAddr) -> std::result::Result<(), ErrorCode> {
        if self.peers.contains(&to) {
            return Ok(());
        }
        let judged = self.network().connect("udp send", to);
        judged.map_err(|refusal| code(&refusal))?;
        self.peers.insert(to);
        Ok(())
    }
}

/// Functions of wasmtime-wasi's that no rule speaks of.
macro_rules! pass {
    ($($name:ident ( $($arg:ident : $ty:ty),* ) -> $result:ty;)*) => {$(
        fn $name(&mut self, socket: Socket, $($arg: $ty),*) -> $result {
            HostUdpSocket::$name(&mut self.view, socket, $($arg),*)
        }
    )*};
}

impl HostUdpSocket for Sockets<'_> {
    async fn start_bind(
        &mut self,
        socket: Socket,
        network: Resource<Network>,
        address: IpSocketAddress,
    ) -> SocketResult<()> {
        self.may_bind("udp bind", address.into())?;
        HostUdpSocket::start_bind(&mut self.view, socket, network, address).await
    }

    async fn stream(
        &mut self,
        socket: Socket,
        remote: Option<IpSocketAddress>,
    ) -> SocketResult<(Incoming, Outgoing)> {
        if let Some(remote) = remote {
            self.may_send(remote.into())?;
        }
        HostUdpSocket::stream(&mut self.view, socket, remote).await
    }

    fn drop(&mut self, socket: Socket) -> Result<()> {
        HostUdpSocket::drop(&mut self.view, socket)?;
        *self.open = self.open.saturating_sub(1);
        Ok(())
    }

    pass! {
        finish_bind() -> SocketResult<()>;
        local_address() -> SocketResult<IpSocketAddress>;
        remote_address() -> SocketResult<IpSocketAddress>;
        address_family() -> Result<IpAddressFamily>;
        unicast_hop_limit() -> SocketResult<u8>;
        set_unicast_hop_limit(value: u8) -> SocketResult<()>;
        receive_buffer_size() -> SocketResult<u64>;
        set_receive_buffer_size(value: u64) -> SocketResult<()>;
        send_buffer_size() -> SocketResult<u64>;
        set_send_buffer_size(value: u64) -> SocketResult<()>;
        subscribe() -> Result<Resource<DynPollable>>;
    }
}

impl HostIncomingDatagramStream for Sockets<'_> {
    fn receive(&mut self, stream: Incoming, most: u64) -> SocketResult<Vec<IncomingDatagram>> {
        let came = HostIncomingDatagramStream::receive(&mut self.view, stream, most)?;
        let mut given = Vec::with_capacity(came.len());
        for datagram in came {
            let counted = self.network().receives("udp receive", size(&datagram.data));
            match counted {
                Ok(()) => given.push(datagram),
                // The rest is lost, as datagrams may be.
                Err(refusal) if given.is_empty() => return Err(code(&refusal).into()),
                Err(_) => break,
            }
        }
        Ok(given)
    }

    fn subscribe(&mut self, stream: Incoming) -> Result<Resource<DynPollable>> {
        HostIncomingDatagramStream::subscribe(&mut self.view, stream)
    }

    fn drop(&mut self, stream: Incoming) -> Result<()> {
        HostIncomingDatagramStream::drop(&mut self.view, stream)
    }
}

impl HostOutgoingDatagramStream for Sockets<'_> {
    fn check_send(&mut self, stream: Outgoing) -> SocketResult<u64> {
        HostOutgoingDatagramStream::check_send(&mut self.view, stream)
    }

    fn send(
        &mut self,
        stream: Outgoing,
        mut datagrams: Vec<OutgoingDatagram>,
    ) -> SocketResult<u64> {
        let mut sizes = Vec::with_capacity(datagrams.len());
        let mut left = self.network().bytes_left();
        let mut refused = None;
        for datagram in &datagrams {
            let to = datagram.remote_address.map(SocketAddr::from);
            if let Some(Err(code)) = to.map(|to| self.may_send(to)) {
                refused = Some(code);
                break;
            }
            let size = size(&datagram.data);
            let Some(rest) = left.checked_sub(size as u64) else {
                let counted = self.network().sends("udp send", size);
                refused = counted.err().map(|refusal| code(&refusal));
                break;
            };
            left = rest;
            sizes.push(size);
        }
        // Those before the one that is refused go out.
        if let Some(code) = refused.filter(|_| sizes.is_empty()) {
            return Err(code.into());
        }
        datagrams.truncate(sizes.len());
        let sent = HostOutgoingDatagramStream::send(&mut self.view, stream, datagrams)?;
        let went = usize::try_from(sent).unwrap_or(usize::MAX);
        let bytes = sizes.iter().take(went).sum();
        let counted = self.network().sends("udp send", bytes);
        counted.map_err(|refusal| code(&refusal))?;
        Ok(sent)
    }

    fn subscribe(&mut self, stream: Outgoing) -> Result<Resource<DynPollable>> {
        HostOutgoingDatagramStream::subscribe(&mut self.view, stream)
    }

    async fn drop(&mut self, stream: Outgoing) -> Result<()> {
        HostOutgoingDatagramStream::drop(&mut self.view, stream).await
    }
}

//! `wasi:sockets/ip-name-lookup`.

use super::{Sockets, code};
use std::future::Future as _;
use std::net::IpAddr;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use wasmtime::Result;
use wasmtime::component::Resource;
use wasmtime_wasi::p2::bindings::sockets::ip_name_lookup::{
    Host, HostResolveAddressStream, ResolveAddressStream,
};
use wasmtime_wasi::p2::bindings::sockets::network::{ErrorCode, IpAddress, Network};
use wasmtime_wasi::p2::{DynPollable, Pollable, SocketResult, subscribe};
use wasmtime_wasi::runtime::{AbortOnDropJoinHandle, spawn};

type Found = std::result::Result<std::vec::IntoIter<IpAddr>, ErrorCode>;

/// What a look-up gives, in the table in place of wasmtime-wasi's own, which can't be made.
enum Answer {
    Coming(AbortOnDropJoinHandle<Found>),
    Here(Found),
}

impl Answer {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<&mut Found> {
        if let Self::Coming(task) = self {
            let Poll::Ready(found) = Pin::new(task).poll(context) else {
                return Poll::Pending;
            };
            *self = Self::Here(found);
        }
        match self {
            Self::Here(found) => Poll::Ready(found),
            Self::Coming(_) => Poll::Pending,
        }
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Answer {
    async fn ready(&mut self) {
        std::future::poll_fn(|context| self.poll(context).map(|_| ())).await;
    }
}

/// Ours, where the interface's type stands.
fn ours(stream: &Resource<ResolveAddressStream>) -> Resource<Answer> {
    if stream.owned() {
        Resource::new_own(stream.rep())
    } else {
        Resource::new_borrow(stream.rep())
    }
}

impl Host for Sockets<'_> {
    fn resolve_addresses(
        &mut self,
        network: Resource<Network>,
        name: String,
    ) -> SocketResult<Resource<ResolveAddressStream>> {
        // To have it is what allows to call this.
        self.view.table.get(&network)?;
        let network = self.network().clone();
        let mut answer = Answer::Coming(spawn(async move {
            let found = network.lookup("resolve-addresses", &name);
            let found = tokio::select! {
                biased;
                () = network.ended().cancelled() => return Err(ErrorCode::NameUnresolvable),
                found = found => found,
            };
            found.map(Vec::into_iter).map_err(|refusal| code(&refusal))
        }));
        let mut context = Context::from_waker(Waker::noop());
        if let Poll::Ready(Err(code)) = answer.poll(&mut context) {
            return Err((*code).into());
        }
        let answer = self.view.table.push(answer)?;
        Ok(Resource::new_own(answer.rep()))
    }
}

impl HostResolveAddressStream for Sockets<'_> {
    fn resolve_next_address(
        &mut self,
        stream: Resource<ResolveAddressStream>,
    ) -> SocketResult<Option<IpAddress>> {
        let answer = self.view.table.get_mut(&ours(&stream))?;
        match answer.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Pending => Err(ErrorCode::WouldBlock.into()),
            Poll::Ready(Ok(found)) => Ok(found.next().map(Into::into)),
            Poll::Ready(Err(code)) => Err((*code).into()),
        }
    }

    fn subscribe(
        &mut self,
        stream: Resource<ResolveAddressStream>,
    ) -> Result<Resource<DynPollable>> {
        subscribe(self.view.table, ours(&stream))
    }

    fn drop(&mut self, stream: Resource<ResolveAddressStream>) -> Result<()> {
        self.view.table.delete(ours(&stream))?;
        Ok(())
    }
}

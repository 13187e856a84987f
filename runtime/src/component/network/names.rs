//! `wasi:sockets/ip-name-lookup`.

use super::{Answer as Given, code, network};
use crate::component::link::interface;
use crate::host::State;
use futures::future::BoxFuture;
use std::net::IpAddr;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use wasmtime::Result;
use wasmtime::component::{Linker, Resource};
use wasmtime_wasi::p2::bindings::sockets::ip_name_lookup::ResolveAddressStream;
use wasmtime_wasi::p2::bindings::sockets::network::{ErrorCode, IpAddress, Network};
use wasmtime_wasi::p2::{DynPollable, Pollable, subscribe};
use wasmtime_wasi::runtime::{AbortOnDropJoinHandle, spawn};

type Found = std::result::Result<std::vec::IntoIter<IpAddr>, ErrorCode>;

/// What a look-up gives, in the table in place of wasmtime-wasi's own, which can't be made.
enum Answer {
    Coming(AbortOnDropJoinHandle<Found>),
    /// The same in a run that is recorded or repeated, where nothing goes on but while the guest
    /// is in a host call.
    Beside(BoxFuture<'static, Found>),
    Here(Found),
}

impl Answer {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<&mut Found> {
        let found = match self {
            Self::Coming(task) => Pin::new(task).poll(context),
            Self::Beside(future) => future.as_mut().poll(context),
            Self::Here(_) => Poll::Pending,
        };
        if let Poll::Ready(found) = found {
            *self = Self::Here(found);
        }
        match self {
            Self::Here(found) => Poll::Ready(found),
            _ => Poll::Pending,
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

type Names = Resource<ResolveAddressStream>;

pub(super) fn add_to_linker(linker: &mut Linker<State>) -> Result<()> {
    interface!(linker "wasi:sockets/ip-name-lookup" {
        resource "resolve-address-stream" ResolveAddressStream => drop_names;
        "[method]resolve-address-stream.resolve-next-address" lookup::next_address(stream: Names);
        "[method]resolve-address-stream.subscribe" lookup::subscribe_names(stream: Names);
        "resolve-addresses" lookup::resolve(network: Resource<Network>, name: String);
    });
    Ok(())
}

async fn drop_names(state: &mut State, stream: Names) -> Result<()> {
    state.parts.table.delete(ours(&stream))?;
    Ok(())
}

mod lookup {
    use super::*;

    pub(super) async fn resolve(
        state: &mut State,
        capability: Resource<Network>,
        name: String,
    ) -> Given<Names> {
        // To have it is what allows to call this.
        state.parts.table.get(&capability)?;
        let network = network(state);
        let looked_up = async move {
            let found = network.lookup("resolve-addresses", &name);
            let found = tokio::select! {
                biased;
                () = network.ended().cancelled() => return Err(ErrorCode::NameUnresolvable),
                found = found => found,
            };
            found.map(Vec::into_iter).map_err(|refusal| code(&refusal))
        };
        let mut answer = if state.tape.is_some() {
            Answer::Beside(Box::pin(looked_up))
        } else {
            Answer::Coming(spawn(looked_up))
        };
        let mut context = Context::from_waker(Waker::noop());
        if let Poll::Ready(Err(code)) = answer.poll(&mut context) {
            return Ok(Err(*code));
        }
        let answer = state.parts.table.push(answer)?;
        Ok(Ok(Resource::new_own(answer.rep())))
    }

    pub(super) async fn next_address(state: &mut State, stream: Names) -> Given<Option<IpAddress>> {
        let answer = state.parts.table.get_mut(&ours(&stream))?;
        Ok(match answer.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Pending => Err(ErrorCode::WouldBlock),
            Poll::Ready(Ok(found)) => Ok(found.next().map(Into::into)),
            Poll::Ready(Err(code)) => Err(*code),
        })
    }

    pub(super) async fn subscribe_names(
        state: &mut State,
        stream: Names,
    ) -> Result<Resource<DynPollable>> {
        subscribe(&mut state.parts.table, ours(&stream))
    }
}

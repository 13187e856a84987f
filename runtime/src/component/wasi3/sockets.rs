//! `wasi:sockets` of WASI 0.3, judged and counted as that of 0.2 is (`component::network`).

mod relay;
mod tcp;
mod udp;

use super::called;
use super::convert::Newer;
use crate::component::network::network;
use crate::component::words::words;
use crate::host::State;
use crate::network::Refusal;
use std::net::IpAddr;
use wasmtime::component::{Accessor, Linker};
use wasmtime::{AsContextMut as _, Result};
use wasmtime_wasi::p2::bindings::sockets::network as older;
use wasmtime_wasi::p3::bindings::sockets::ip_name_lookup::ErrorCode as LookupCode;
use wasmtime_wasi::p3::bindings::sockets::types::{self as newer, ErrorCode, IpAddress};

/// The interfaces, without their version.
pub(super) const INTERFACES: &[&str] = &["wasi:sockets/ip-name-lookup", "wasi:sockets/types"];

/// What the guest gets from most functions here.
type Answer<T> = Result<std::result::Result<T, ErrorCode>>;
type Outcome = std::result::Result<(), ErrorCode>;

pub(super) fn add_to_linker(linker: &mut Linker<State>) -> Result<()> {
    tcp::add_to_linker(linker)?;
    udp::add_to_linker(linker)?;
    let mut lookup = linker.instance("wasi:sockets/ip-name-lookup@0.3.0")?;
    lookup.func_wrap_concurrent(
        "resolve-addresses",
        |store: &Accessor<State>, (name,): (String,)| {
            Box::pin(async move { Ok((resolve(store, name).await?,)) })
        },
    )
}

/// What is looked up comes from outside, and when.
async fn resolve(
    store: &Accessor<State>,
    name: String,
) -> Result<std::result::Result<Vec<IpAddress>, LookupCode>> {
    let network = store.with(|mut access| {
        let mut store = access.as_context_mut();
        let asked = "wasi:sockets/ip-name-lookup resolve-addresses";
        let state = called(&mut store, asked, || words!(name))?;
        if state.parts.network().0.is_granted() {
            state.keeps_no_network()?;
        }
        wasmtime::error::Ok(network(state))
    })?;
    let found = network.lookup("resolve-addresses", &name).await;
    Ok(match found {
        Ok(found) => Ok(found.into_iter().map(|it: IpAddr| it.into()).collect()),
        Err(Refusal::NoHost) => Err(LookupCode::InvalidArgument),
        Err(Refusal::Unresolved(_)) => Err(LookupCode::NameUnresolvable),
        Err(_) => Err(LookupCode::AccessDenied),
    })
}

impl Newer for older::ErrorCode {
    type To = ErrorCode;

    fn newer(self) -> ErrorCode {
        use older::ErrorCode as From;
        match self {
            From::AccessDenied => ErrorCode::AccessDenied,
            From::NotSupported => ErrorCode::NotSupported,
            From::InvalidArgument => ErrorCode::InvalidArgument,
            From::OutOfMemory => ErrorCode::OutOfMemory,
            From::Timeout => ErrorCode::Timeout,
            From::InvalidState => ErrorCode::InvalidState,
            From::AddressNotBindable => ErrorCode::AddressNotBindable,
            From::AddressInUse => ErrorCode::AddressInUse,
            From::RemoteUnreachable => ErrorCode::RemoteUnreachable,
            From::ConnectionRefused => ErrorCode::ConnectionRefused,
            From::ConnectionReset => ErrorCode::ConnectionReset,
            From::ConnectionAborted => ErrorCode::ConnectionAborted,
            From::DatagramTooLarge => ErrorCode::DatagramTooLarge,
            // WASI 0.3 has no codes for these.
            From::NewSocketLimit => ErrorCode::Other(Some("new-socket-limit".to_owned())),
            From::Unknown
            | From::ConcurrencyConflict
            | From::NotInProgress
            | From::WouldBlock
            | From::NameUnresolvable
            | From::TemporaryResolverFailure
            | From::PermanentResolverFailure => ErrorCode::Other(None),
        }
    }
}

/// A rule of WASI 0.2's, as the guest of 0.3 gets it.
fn ruled<T>(
    answer: std::result::Result<T, older::ErrorCode>,
) -> std::result::Result<T, newer::ErrorCode> {
    answer.map_err(Newer::newer)
}

//! `wasi:sockets`: nothing gives a guest a socket, and each attempt is recorded.

use crate::execution::Rule;
use crate::host::State;
use wasmtime::component::{Linker, Resource};
use wasmtime::{Result, StoreContextMut};
use wasmtime_wasi::p2::bindings::sockets::network::{ErrorCode, IpAddressFamily, LinkOptions};
use wasmtime_wasi::p2::bindings::sockets::{
    instance_network, ip_name_lookup, network, tcp, tcp_create_socket, udp, udp_create_socket,
};
use wasmtime_wasi::p2::{Network, TcpSocket, UdpSocket};
use wasmtime_wasi::sockets::{WasiSockets, WasiSocketsCtxView, WasiSocketsView as _};

/// The interfaces of which something is given, without their version.
pub(super) const INTERFACES: &[&str] = &[
    "wasi:sockets/instance-network",
    "wasi:sockets/ip-name-lookup",
    "wasi:sockets/network",
    "wasi:sockets/tcp",
    "wasi:sockets/tcp-create-socket",
    "wasi:sockets/udp",
    "wasi:sockets/udp-create-socket",
];

/// Counts the call.
fn enter(state: &mut State) -> WasiSocketsCtxView<'_> {
    state.usage.host_calls += 1;
    state.parts.sockets()
}

/// Defines them all. What is done with a socket is wasmtime-wasi's: without the functions that
/// make one, which are ours, it can't be called.
pub(super) fn add_to_linker(linker: &mut Linker<State>) -> Result<()> {
    network::add_to_linker::<State, WasiSockets>(linker, &LinkOptions::default(), enter)?;
    instance_network::add_to_linker::<State, WasiSockets>(linker, enter)?;
    ip_name_lookup::add_to_linker::<State, WasiSockets>(linker, enter)?;
    tcp::add_to_linker::<State, WasiSockets>(linker, enter)?;
    tcp_create_socket::add_to_linker::<State, WasiSockets>(linker, enter)?;
    udp::add_to_linker::<State, WasiSockets>(linker, enter)?;
    udp_create_socket::add_to_linker::<State, WasiSockets>(linker, enter)?;

    linker.allow_shadowing(true);
    linker
        .instance("wasi:sockets/tcp-create-socket@0.2.12")?
        .func_wrap(
            "create-tcp-socket",
            |mut store: StoreContextMut<'_, State>, (_,): (IpAddressFamily,)| {
                Ok((denied::<Resource<TcpSocket>>(
                    &mut store,
                    "create-tcp-socket",
                    "a TCP socket",
                ),))
            },
        )?;
    linker
        .instance("wasi:sockets/udp-create-socket@0.2.12")?
        .func_wrap(
            "create-udp-socket",
            |mut store: StoreContextMut<'_, State>, (_,): (IpAddressFamily,)| {
                Ok((denied::<Resource<UdpSocket>>(
                    &mut store,
                    "create-udp-socket",
                    "a UDP socket",
                ),))
            },
        )?;
    linker
        .instance("wasi:sockets/ip-name-lookup@0.2.12")?
        .func_wrap(
            "resolve-addresses",
            |mut store: StoreContextMut<'_, State>, (_, name): (Resource<Network>, String)| {
                let name = crate::run::shortened(name);
                Ok((denied::<Resource<ip_name_lookup::ResolveAddressStream>>(
                    &mut store,
                    "resolve-addresses",
                    &name,
                ),))
            },
        )?;
    linker.allow_shadowing(false);
    Ok(())
}

fn denied<T>(
    store: &mut StoreContextMut<'_, State>,
    what: &str,
    target: &str,
) -> std::result::Result<T, ErrorCode> {
    let state = store.data_mut();
    state.usage.host_calls += 1;
    state.deny(what, target.to_owned(), Rule::Network);
    Err(ErrorCode::AccessDenied)
}

//! `wasi:http`.

use crate::host::State;
use wasmtime::Result;
use wasmtime::component::Linker;
use wasmtime_wasi_http::p2::bindings::LinkOptions;
use wasmtime_wasi_http::p2::bindings::http::{outgoing_handler, types};
use wasmtime_wasi_http::{WasiHttp, WasiHttpCtxView};

/// Counts the call.
fn enter(state: &mut State) -> WasiHttpCtxView<'_> {
    state.usage.host_calls += 1;
    let (made, table) = state.parts.network();
    WasiHttpCtxView {
        hooks: &mut made.http,
        table,
        ctx: &mut made.fields,
    }
}

pub(super) fn add_to_linker(linker: &mut Linker<State>) -> Result<()> {
    outgoing_handler::add_to_linker::<State, WasiHttp>(linker, enter)?;
    types::add_to_linker::<State, WasiHttp>(linker, &LinkOptions::default().into(), enter)
}

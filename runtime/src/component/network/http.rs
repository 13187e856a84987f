//! `wasi:http`.
//!
//! What is done with messages is wasmtime-wasi-http's; none of it comes from outside but what
//! [`crate::network::Http`] is asked for.

use crate::component::link::{Given as _, interface, passed};
use crate::host::State;
use wasmtime::Result;
use wasmtime::component::{Linker, Resource};
use wasmtime_wasi::p2::IoError;
use wasmtime_wasi_http::p2::HttpResult;
use wasmtime_wasi_http::p2::bindings::http::outgoing_handler::Host as Handler;
use wasmtime_wasi_http::p2::bindings::http::types::{
    ErrorCode, Host, HostFields, HostFutureIncomingResponse, HostFutureTrailers, HostIncomingBody,
    HostIncomingRequest, HostIncomingResponse, HostOutgoingBody, HostOutgoingRequest,
    HostOutgoingResponse, HostRequestOptions, HostResponseOutparam, Method, Scheme,
};
use wasmtime_wasi_http::p2::body::{
    HostFutureTrailers as FutureTrailers, HostIncomingBody as IncomingBody,
    HostOutgoingBody as OutgoingBody,
};
use wasmtime_wasi_http::p2::types::{
    HostFutureIncomingResponse as FutureResponse, HostIncomingRequest as IncomingRequest,
    HostIncomingResponse as IncomingResponse, HostOutgoingRequest as OutgoingRequest,
    HostOutgoingResponse as OutgoingResponse, HostResponseOutparam as ResponseOutparam,
};
use wasmtime_wasi_http::{FieldMap, RequestOptions, WasiHttpCtxView};

type Fields = Resource<FieldMap>;
type Options = Resource<RequestOptions>;
type Request = Resource<OutgoingRequest>;
type Came = Resource<IncomingRequest>;

fn view(state: &mut State) -> WasiHttpCtxView<'_> {
    let (made, table) = state.parts.network();
    WasiHttpCtxView {
        hooks: &mut made.http,
        table,
        ctx: &mut made.fields,
    }
}

/// The same for WASI 0.3.
pub(in crate::component) fn later_view(state: &mut State) -> WasiHttpCtxView<'_> {
    let (made, table) = state.parts.network();
    WasiHttpCtxView {
        hooks: &mut made.later,
        table,
        ctx: &mut made.fields,
    }
}

pub(super) fn add_to_linker(linker: &mut Linker<State>) -> Result<()> {
    interface!(linker "wasi:http/outgoing-handler" {
        "handle" request::handle(request: Request, options: Option<Options>);
    });
    resources(linker)?;
    outgoing(linker)?;
    incoming(linker)?;
    answering(linker)
}

/// What the guest no longer needs.
async fn forget<T: Send + 'static>(state: &mut State, resource: Resource<T>) -> Result<()> {
    state.parts.table.delete(resource)?;
    Ok(())
}

async fn forget_body(state: &mut State, body: Resource<OutgoingBody>) -> Result<()> {
    HostOutgoingBody::drop(&mut view(state), body)
}

async fn forget_future(state: &mut State, future: Resource<FutureResponse>) -> Result<()> {
    let rep = future.rep();
    state.parts.table.delete(future)?;
    if let Some(beside) = state.parts.network().0.http.beside() {
        beside.forget(rep);
    }
    Ok(())
}

mod request {
    use super::*;

    pub(super) async fn handle(
        state: &mut State,
        request: Request,
        options: Option<Options>,
    ) -> Result<std::result::Result<Resource<FutureResponse>, ErrorCode>> {
        let begun = |state: &mut State| {
            let beside = state.parts.network().0.http.beside();
            beside.map(|beside| beside.begun())
        };
        let before = begun(state);
        let handled: HttpResult<_> = Handler::handle(&mut view(state), request, options);
        let handled = handled.given()?;
        if let Ok(future) = &handled
            && begun(state) != before
            && let Some(beside) = state.parts.network().0.http.beside()
        {
            beside.is_at(future.rep());
        }
        Ok(handled)
    }
}

fn resources(linker: &mut Linker<State>) -> Result<()> {
    interface!(linker "wasi:http/types" {
        resource "fields" FieldMap => forget;
        resource "incoming-request" IncomingRequest => forget;
        resource "outgoing-request" OutgoingRequest => forget;
        resource "request-options" RequestOptions => forget;
        resource "response-outparam" ResponseOutparam => forget;
        resource "incoming-response" IncomingResponse => forget;
        resource "incoming-body" IncomingBody => forget;
        resource "future-trailers" FutureTrailers => forget;
        resource "outgoing-response" OutgoingResponse => forget;
        resource "outgoing-body" OutgoingBody => forget_body;
        resource "future-incoming-response" FutureResponse => forget_future;
    });
    passed!(linker "wasi:http/types" view {
        "http-error-code" Host::http_error_code(error: Resource<IoError>);
        "[constructor]fields" HostFields::new();
        "[static]fields.from-list" HostFields::from_list(entries: Vec<(String, Vec<u8>)>);
        "[method]fields.get" HostFields::get(fields: Fields, name: String);
        "[method]fields.has" HostFields::has(fields: Fields, name: String);
        "[method]fields.set" HostFields::set(fields: Fields, name: String, values: Vec<Vec<u8>>);
        "[method]fields.delete" HostFields::delete(fields: Fields, name: String);
        "[method]fields.append" HostFields::append(fields: Fields, name: String, value: Vec<u8>);
        "[method]fields.entries" HostFields::entries(fields: Fields);
        "[method]fields.clone" HostFields::clone(fields: Fields);
    });
    Ok(())
}

/// Requests that go out.
fn outgoing(linker: &mut Linker<State>) -> Result<()> {
    passed!(linker "wasi:http/types" view {
        "[constructor]outgoing-request" HostOutgoingRequest::new(headers: Fields);
        "[method]outgoing-request.body" HostOutgoingRequest::body(request: Request);
        "[method]outgoing-request.method" HostOutgoingRequest::method(request: Request);
        "[method]outgoing-request.set-method"
            HostOutgoingRequest::set_method(request: Request, method: Method);
        "[method]outgoing-request.path-with-query"
            HostOutgoingRequest::path_with_query(request: Request);
        "[method]outgoing-request.set-path-with-query"
            HostOutgoingRequest::set_path_with_query(request: Request, path: Option<String>);
        "[method]outgoing-request.scheme" HostOutgoingRequest::scheme(request: Request);
        "[method]outgoing-request.set-scheme"
            HostOutgoingRequest::set_scheme(request: Request, scheme: Option<Scheme>);
        "[method]outgoing-request.authority" HostOutgoingRequest::authority(request: Request);
        "[method]outgoing-request.set-authority"
            HostOutgoingRequest::set_authority(request: Request, authority: Option<String>);
        "[method]outgoing-request.headers" HostOutgoingRequest::headers(request: Request);
        "[constructor]request-options" HostRequestOptions::new();
        "[method]request-options.connect-timeout"
            HostRequestOptions::connect_timeout(options: Options);
        "[method]request-options.set-connect-timeout"
            HostRequestOptions::set_connect_timeout(options: Options, duration: Option<u64>);
        "[method]request-options.first-byte-timeout"
            HostRequestOptions::first_byte_timeout(options: Options);
        "[method]request-options.set-first-byte-timeout"
            HostRequestOptions::set_first_byte_timeout(options: Options, duration: Option<u64>);
        "[method]request-options.between-bytes-timeout"
            HostRequestOptions::between_bytes_timeout(options: Options);
        "[method]request-options.set-between-bytes-timeout"
            HostRequestOptions::set_between_bytes_timeout(options: Options, duration: Option<u64>);
        "[method]outgoing-body.write" HostOutgoingBody::write(body: Resource<OutgoingBody>);
        "[static]outgoing-body.finish"
            HostOutgoingBody::finish(body: Resource<OutgoingBody>, trailers: Option<Fields>);
    });
    Ok(())
}

/// Responses to them.
fn incoming(linker: &mut Linker<State>) -> Result<()> {
    passed!(linker "wasi:http/types" view {
        "[method]future-incoming-response.subscribe"
            HostFutureIncomingResponse::subscribe(future: Resource<FutureResponse>);
        "[method]future-incoming-response.get"
            HostFutureIncomingResponse::get(future: Resource<FutureResponse>);
        "[method]incoming-response.status"
            HostIncomingResponse::status(response: Resource<IncomingResponse>);
        "[method]incoming-response.headers"
            HostIncomingResponse::headers(response: Resource<IncomingResponse>);
        "[method]incoming-response.consume"
            HostIncomingResponse::consume(response: Resource<IncomingResponse>);
        "[method]incoming-body.stream" HostIncomingBody::stream(body: Resource<IncomingBody>);
        "[static]incoming-body.finish" HostIncomingBody::finish(body: Resource<IncomingBody>);
        "[method]future-trailers.subscribe"
            HostFutureTrailers::subscribe(trailers: Resource<FutureTrailers>);
        "[method]future-trailers.get"
            HostFutureTrailers::get(trailers: Resource<FutureTrailers>);
    });
    Ok(())
}

/// Requests that come in and responses to them: there are the types, and never one of them.
fn answering(linker: &mut Linker<State>) -> Result<()> {
    passed!(linker "wasi:http/types" view {
        "[method]incoming-request.method" HostIncomingRequest::method(request: Came);
        "[method]incoming-request.path-with-query"
            HostIncomingRequest::path_with_query(request: Came);
        "[method]incoming-request.scheme" HostIncomingRequest::scheme(request: Came);
        "[method]incoming-request.authority" HostIncomingRequest::authority(request: Came);
        "[method]incoming-request.headers" HostIncomingRequest::headers(request: Came);
        "[method]incoming-request.consume" HostIncomingRequest::consume(request: Came);
        "[constructor]outgoing-response" HostOutgoingResponse::new(headers: Fields);
        "[method]outgoing-response.status-code"
            HostOutgoingResponse::status_code(response: Resource<OutgoingResponse>);
        "[method]outgoing-response.set-status-code" HostOutgoingResponse::set_status_code(
            response: Resource<OutgoingResponse>, status: u16);
        "[method]outgoing-response.headers"
            HostOutgoingResponse::headers(response: Resource<OutgoingResponse>);
        "[method]outgoing-response.body"
            HostOutgoingResponse::body(response: Resource<OutgoingResponse>);
        "[static]response-outparam.set" HostResponseOutparam::set(
            outparam: Resource<ResponseOutparam>,
            response: std::result::Result<Resource<OutgoingResponse>, ErrorCode>) nothing;
    });
    Ok(())
}

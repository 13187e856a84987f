//! `wasi:http` of WASI 0.3: requests out. What is done with messages is wasmtime-wasi-http's; what
//! it sends goes through the same rules and counts as in 0.2 (`crate::network::Http`).

use super::called;
use crate::component::link::{Given as _, interface, passed};
use crate::component::network::later_view as view;
use crate::component::words::words;
use crate::host::State;
use wasmtime::component::{
    Access, Accessor, FutureReader, Linker, LinkerInstance, Resource, ResourceType, StreamReader,
};
use wasmtime::{AsContextMut as _, Result, StoreContextMut};
use wasmtime_wasi_http::WasiHttp;
use wasmtime_wasi_http::p3::bindings::http::client::HostWithStore;
use wasmtime_wasi_http::p3::bindings::http::types::{
    ErrorCode, Fields, HostFields, HostRequest, HostRequestOptions, HostRequestWithStore,
    HostResponse, HostResponseWithStore, Method, Request, RequestOptions, Response, Scheme,
};

/// The interfaces, without their version.
pub(super) const INTERFACES: &[&str] = &["wasi:http/client", "wasi:http/types"];

type Map = Resource<Fields>;
type Options = Resource<RequestOptions>;
type Asked = Resource<Request>;
type Answered = Resource<Response>;
type Outcome = std::result::Result<(), ErrorCode>;
/// What comes after a body.
type Trailers = FutureReader<std::result::Result<Option<Map>, ErrorCode>>;
/// What becomes of a message once it is sent.
type Sent = FutureReader<Outcome>;

pub(super) fn add_to_linker(linker: &mut Linker<State>) -> Result<()> {
    fields(linker)?;
    messages(linker)?;
    let mut types = linker.instance("wasi:http/types@0.3.0")?;
    bodies(&mut types)?;
    let mut client = linker.instance("wasi:http/client@0.3.0")?;
    client.func_wrap_concurrent("send", |store: &Accessor<State>, (request,): (Asked,)| {
        Box::pin(async move { Ok((send(store, request).await?,)) })
    })
}

/// What the guest no longer needs.
async fn forget<T: Send + 'static>(state: &mut State, resource: Resource<T>) -> Result<()> {
    state.parts.table.delete(resource)?;
    Ok(())
}

fn fields(linker: &mut Linker<State>) -> Result<()> {
    interface!(@later linker "wasi:http/types" {
        resource "fields" Fields => forget;
        resource "request-options" RequestOptions => forget;
    });
    passed!(@later linker "wasi:http/types" view {
        "[constructor]fields" HostFields::new();
        "[static]fields.from-list" HostFields::from_list(entries: Vec<(String, Vec<u8>)>);
        "[method]fields.get" HostFields::get(fields: Map, name: String);
        "[method]fields.has" HostFields::has(fields: Map, name: String);
        "[method]fields.set" HostFields::set(fields: Map, name: String, values: Vec<Vec<u8>>);
        "[method]fields.delete" HostFields::delete(fields: Map, name: String);
        "[method]fields.get-and-delete" HostFields::get_and_delete(fields: Map, name: String);
        "[method]fields.append" HostFields::append(fields: Map, name: String, value: Vec<u8>);
        "[method]fields.copy-all" HostFields::copy_all(fields: Map);
        "[method]fields.clone" HostFields::clone(fields: Map);
    });
    Ok(())
}

fn messages(linker: &mut Linker<State>) -> Result<()> {
    passed!(@later linker "wasi:http/types" view {
        "[method]request.get-method" HostRequest::get_method(request: Asked);
        "[method]request.set-method" HostRequest::set_method(request: Asked, method: Method);
        "[method]request.get-path-with-query" HostRequest::get_path_with_query(request: Asked);
        "[method]request.set-path-with-query"
            HostRequest::set_path_with_query(request: Asked, path: Option<String>);
        "[method]request.get-scheme" HostRequest::get_scheme(request: Asked);
        "[method]request.set-scheme"
            HostRequest::set_scheme(request: Asked, scheme: Option<Scheme>);
        "[method]request.get-authority" HostRequest::get_authority(request: Asked);
        "[method]request.set-authority"
            HostRequest::set_authority(request: Asked, authority: Option<String>);
        "[method]request.get-options" HostRequest::get_options(request: Asked);
        "[method]request.get-headers" HostRequest::get_headers(request: Asked);
        "[constructor]request-options" HostRequestOptions::new();
        "[method]request-options.get-connect-timeout"
            HostRequestOptions::get_connect_timeout(options: Options);
        "[method]request-options.set-connect-timeout"
            HostRequestOptions::set_connect_timeout(options: Options, duration: Option<u64>);
        "[method]request-options.get-first-byte-timeout"
            HostRequestOptions::get_first_byte_timeout(options: Options);
        "[method]request-options.set-first-byte-timeout"
            HostRequestOptions::set_first_byte_timeout(options: Options, duration: Option<u64>);
        "[method]request-options.get-between-bytes-timeout"
            HostRequestOptions::get_between_bytes_timeout(options: Options);
        "[method]request-options.set-between-bytes-timeout"
            HostRequestOptions::set_between_bytes_timeout(options: Options, duration: Option<u64>);
        "[method]request-options.clone" HostRequestOptions::clone(options: Options);
        "[method]response.get-status-code" HostResponse::get_status_code(response: Answered);
        "[method]response.set-status-code"
            HostResponse::set_status_code(response: Answered, status: u16);
        "[method]response.get-headers" HostResponse::get_headers(response: Answered);
    });
    Ok(())
}

/// wasmtime-wasi-http's functions that make streams or end them.
fn access<'a>(store: &'a mut StoreContextMut<'_, State>) -> Access<'a, State, WasiHttp> {
    Access::<State, WasiHttp>::new(store.as_context_mut(), view)
}

fn bodies(types: &mut LinkerInstance<'_, State>) -> Result<()> {
    types.resource(
        "request",
        ResourceType::host::<Request>(),
        |mut store, rep| {
            called(&mut store, "wasi:http/types drop request", || {
                rep.to_string()
            })?;
            HostRequestWithStore::drop(access(&mut store), Asked::new_own(rep))
        },
    )?;
    types.resource(
        "response",
        ResourceType::host::<Response>(),
        |mut store, rep| {
            called(&mut store, "wasi:http/types drop response", || {
                rep.to_string()
            })?;
            HostResponseWithStore::drop(access(&mut store), Answered::new_own(rep))
        },
    )?;
    types.func_wrap(
        "[static]request.new",
        |mut store: StoreContextMut<'_, State>,
         (headers, contents, trailers, options): (
            Map,
            Option<StreamReader<u8>>,
            Trailers,
            Option<Options>,
        )|
         -> Result<((Asked, Sent),)> {
            called(&mut store, "wasi:http/types [static]request.new", || {
                words!(headers, options)
            })?;
            let http = access(&mut store);
            Ok((HostRequestWithStore::new(
                http, headers, contents, trailers, options,
            )?,))
        },
    )?;
    types.func_wrap(
        "[static]response.new",
        |mut store: StoreContextMut<'_, State>,
         (headers, contents, trailers): (Map, Option<StreamReader<u8>>, Trailers)|
         -> Result<((Answered, Sent),)> {
            called(&mut store, "wasi:http/types [static]response.new", || {
                words!(headers)
            })?;
            let http = access(&mut store);
            Ok((HostResponseWithStore::new(
                http, headers, contents, trailers,
            )?,))
        },
    )?;
    types.func_wrap(
        "[static]request.consume-body",
        |mut store: StoreContextMut<'_, State>,
         (request, outcome): (Asked, Sent)|
         -> Result<((StreamReader<u8>, Trailers),)> {
            called(
                &mut store,
                "wasi:http/types [static]request.consume-body",
                || words!(request),
            )?;
            let http = access(&mut store);
            Ok((HostRequestWithStore::consume_body(http, request, outcome)?,))
        },
    )?;
    types.func_wrap(
        "[static]response.consume-body",
        |mut store: StoreContextMut<'_, State>,
         (response, outcome): (Answered, Sent)|
         -> Result<((StreamReader<u8>, Trailers),)> {
            called(
                &mut store,
                "wasi:http/types [static]response.consume-body",
                || words!(response),
            )?;
            let http = access(&mut store);
            Ok((HostResponseWithStore::consume_body(
                http, response, outcome,
            )?,))
        },
    )
}

async fn send(
    store: &Accessor<State>,
    request: Asked,
) -> Result<std::result::Result<Answered, ErrorCode>> {
    store.with(|mut access| {
        let mut store = access.as_context_mut();
        let state = called(&mut store, "wasi:http/client send", || words!(request))?;
        if state.parts.network().0.is_granted() {
            state.keeps_no_network()?;
        }
        wasmtime::error::Ok(())
    })?;
    let http = store.with_getter::<WasiHttp>(view);
    HostWithStore::send(&http, request).await.given()
}

//! Gives every function of WASI 0.2 its place in the linker.

use super::cli::Terminal;
use super::sight::Listing;
use super::{cli, clocks, files, network, poll, random, sight, streams, wasi3};
use crate::LoadError;
use crate::host::State;
use crate::sandbox::shown;
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, Linker, Resource};
use wasmtime::{Engine, Result, StoreContextMut};
use wasmtime_wasi::TrappableError;
use wasmtime_wasi::filesystem::Descriptor;
use wasmtime_wasi::p2::bindings::filesystem::types::{
    Advice, DescriptorFlags, NewTimestamp, OpenFlags, PathFlags,
};
use wasmtime_wasi::p2::bindings::sockets::network::ErrorCode as SocketCode;
use wasmtime_wasi::p2::{DynInputStream, DynOutputStream, DynPollable, IoError, SocketError};
use wasmtime_wasi_http::p2::bindings::http::types::{
    ErrorCode as HttpCode, HeaderError as FieldError,
};
use wasmtime_wasi_http::p2::{HeaderError, HttpError};

type Fd = Resource<Descriptor>;
type Input = Resource<DynInputStream>;
type Output = Resource<DynOutputStream>;

/// The interfaces of which something is given, without their version.
const INTERFACES: &[&str] = &[
    "wasi:cli/environment",
    "wasi:cli/exit",
    "wasi:cli/stderr",
    "wasi:cli/stdin",
    "wasi:cli/stdout",
    "wasi:cli/terminal-input",
    "wasi:cli/terminal-output",
    "wasi:cli/terminal-stderr",
    "wasi:cli/terminal-stdin",
    "wasi:cli/terminal-stdout",
    "wasi:clocks/monotonic-clock",
    "wasi:clocks/wall-clock",
    "wasi:filesystem/preopens",
    "wasi:filesystem/types",
    "wasi:io/error",
    "wasi:io/poll",
    "wasi:io/streams",
    "wasi:random/insecure",
    "wasi:random/insecure-seed",
    "wasi:random/random",
];

/// One interface of WASI 0.2 (`@later`: of 0.3): its resources with what drops them, and its
/// functions. A function that gives nothing is marked so; the others give one value.
macro_rules! interface {
    (@later $linker:ident $name:literal $body:tt) => {
        interface!(@in $linker ($name, concat!($name, "@0.3.0")) $body)
    };
    (@in $linker:ident ($short:literal, $name:expr) {
        $(resource $resource:literal $type:ty => $drop:path;)*
        $($function:literal $module:ident :: $target:ident ($($arg:ident : $ty:ty),*) $($nothing:ident)?;)*
    }) => {{
        let mut instance = $linker.instance($name)?;
        $(
            instance.resource_async(
                $resource,
                wasmtime::component::ResourceType::host::<$type>(),
                |mut store: wasmtime::StoreContextMut<'_, $crate::host::State>, rep| {
                    Box::new(async move {
                        let asked = concat!($short, " drop ", $resource);
                        let state = $crate::component::link::enter(&mut store, asked, || rep.to_string())?;
                        $drop(state, wasmtime::component::Resource::<$type>::new_own(rep)).await?;
                        $crate::component::link::leave(state).await
                    })
                },
            )?;
        )*
        $(
            instance.func_wrap_async(
                $function,
                |mut store: wasmtime::StoreContextMut<'_, $crate::host::State>, ($($arg,)*): ($($ty,)*)| {
                    Box::new(async move {
                        let asked = concat!($short, " ", $function);
                        let words = || $crate::component::words::words!($($arg),*);
                        let state = $crate::component::link::enter(&mut store, asked, words)?;
                        let answer = $module::$target(state, $($arg),*).await?;
                        $crate::component::link::leave(state).await?;
                        Ok(interface!(@give answer $($nothing)?))
                    })
                },
            )?;
        )*
    }};
    (@give $answer:ident) => { ($answer,) };
    (@give $answer:ident nothing) => { $answer };
    ($linker:ident $name:literal $body:tt) => {
        interface!(@in $linker ($name, concat!($name, "@0.2.12")) $body)
    };
}
pub(super) use interface;

/// Functions of an interface of WASI 0.2 (`@later`: of 0.3) that are wasmtime-wasi's as they are,
/// by the trait that has them, on what `$view` makes of the run.
macro_rules! passed {
    (@later $linker:ident $name:literal $view:ident $body:tt) => {
        passed!(@in $linker ($name, concat!($name, "@0.3.0")) $view $body)
    };
    (@in $linker:ident ($short:literal, $name:expr) $view:ident {
        $($function:literal $trait:ident :: $method:ident ($($arg:ident : $ty:ty),*) $($nothing:ident)?;)*
    }) => {{
        let mut instance = $linker.instance($name)?;
        $(
            instance.func_wrap_async(
                $function,
                |mut store: wasmtime::StoreContextMut<'_, $crate::host::State>, ($($arg,)*): ($($ty,)*)| {
                    Box::new(async move {
                        let asked = concat!($short, " ", $function);
                        let words = || $crate::component::words::words!($($arg),*);
                        let state = $crate::component::link::enter(&mut store, asked, words)?;
                        let answer = $trait::$method(&mut $view(state), $($arg),*);
                        let answer = $crate::component::link::Given::given(answer)?;
                        $crate::component::link::leave(state).await?;
                        Ok($crate::component::link::interface!(@give answer $($nothing)?))
                    })
                },
            )?;
        )*
    }};
    ($linker:ident $name:literal $view:ident $body:tt) => {
        passed!(@in $linker ($name, concat!($name, "@0.2.12")) $view $body)
    };
}
pub(super) use passed;

/// What wasmtime-wasi gives, as the guest gets it: an error that is the guest's, or one that ends
/// the run.
pub(super) trait Given {
    type To;
    fn given(self) -> Result<Self::To>;
}

impl<T> Given for Result<T> {
    type To = T;

    fn given(self) -> Self {
        self
    }
}

impl<T> Given for std::result::Result<T, HttpError> {
    type To = std::result::Result<T, HttpCode>;

    fn given(self) -> Result<Self::To> {
        self.map_or_else(|error| error.downcast().map(Err), |value| Ok(Ok(value)))
    }
}

impl<T> Given for std::result::Result<T, HeaderError> {
    type To = std::result::Result<T, FieldError>;

    fn given(self) -> Result<Self::To> {
        self.map_or_else(|error| error.downcast().map(Err), |value| Ok(Ok(value)))
    }
}

impl<T> Given for std::result::Result<T, SocketError> {
    type To = std::result::Result<T, SocketCode>;

    fn given(self) -> Result<Self::To> {
        self.map_or_else(|error| error.downcast().map(Err), |value| Ok(Ok(value)))
    }
}

/// The same of WASI 0.3, where all errors are of one type.
macro_rules! given {
    ($($code:ty),* $(,)?) => {$(
        impl<T> Given for std::result::Result<T, TrappableError<$code>> {
            type To = std::result::Result<T, $code>;

            fn given(self) -> Result<Self::To> {
                self.map_or_else(|error| error.downcast().map(Err), |value| Ok(Ok(value)))
            }
        }
    )*};
}
given!(
    wasmtime_wasi::p3::bindings::sockets::types::ErrorCode,
    wasmtime_wasi_http::p3::bindings::http::types::ErrorCode,
    wasmtime_wasi_http::p3::bindings::http::types::HeaderError,
    wasmtime_wasi_http::p3::bindings::http::types::RequestOptionsError,
);

/// Counts the call. In a run that is recorded or repeated, it is put on the tape or compared.
///
/// # Errors
/// Where a replay ends because the guest asks for something else.
pub(super) fn enter<'a>(
    store: &'a mut StoreContextMut<'_, State>,
    function: &str,
    words: impl FnOnce() -> String,
) -> Result<&'a mut State> {
    let fuel = match &store.data().tape {
        Some(_) => Some(store.get_fuel()?),
        None => None,
    };
    let state = store.data_mut();
    state.usage.host_calls += 1;
    if let Some(left) = fuel {
        state.begin(function, words(), left)?;
    }
    Ok(state)
}

/// The call is over.
///
/// # Errors
/// Where a replay ends: the recorded run was called off in this call.
pub(super) async fn leave(state: &mut State) -> Result<()> {
    state.give_way().await;
    match &state.tape {
        Some(tape) => tape.done(state.file_bytes),
        None => Ok(()),
    }
}

pub(super) async fn drop_terminal<const OUTPUT: bool>(
    _: &mut State,
    _: Resource<Terminal<OUTPUT>>,
) -> Result<()> {
    Ok(())
}

/// Defines them all.
pub(super) fn add_to_linker(linker: &mut Linker<State>) -> Result<()> {
    io(linker)?;
    given(linker)?;
    filesystem(linker)?;
    network::add_to_linker(linker)
}

fn io(linker: &mut Linker<State>) -> Result<()> {
    interface!(linker "wasi:io/error" {
        resource "error" IoError => streams::drop_error;
        "[method]error.to-debug-string" streams::error_text(error: Resource<IoError>);
    });
    interface!(linker "wasi:io/poll" {
        resource "pollable" DynPollable => poll::drop_pollable;
        "[method]pollable.ready" poll::ready(pollable: Resource<DynPollable>);
        "[method]pollable.block" poll::block(pollable: Resource<DynPollable>) nothing;
        "poll" poll::poll(pollables: Vec<Resource<DynPollable>>);
    });
    interface!(linker "wasi:io/streams" {
        resource "input-stream" DynInputStream => streams::drop_input;
        resource "output-stream" DynOutputStream => streams::drop_output;
        resource "error" IoError => streams::drop_error;
        resource "pollable" DynPollable => poll::drop_pollable;
        "[method]input-stream.read" streams::read(stream: Input, length: u64);
        "[method]input-stream.blocking-read" streams::blocking_read(stream: Input, length: u64);
        "[method]input-stream.skip" streams::skip(stream: Input, length: u64);
        "[method]input-stream.blocking-skip" streams::blocking_skip(stream: Input, length: u64);
        "[method]input-stream.subscribe" streams::subscribe_input(stream: Input);
        "[method]output-stream.check-write" streams::check_write(stream: Output);
        "[method]output-stream.write" streams::write(stream: Output, bytes: Vec<u8>);
        "[method]output-stream.blocking-write-and-flush"
            streams::blocking_write_and_flush(stream: Output, bytes: Vec<u8>);
        "[method]output-stream.flush" streams::flush(stream: Output);
        "[method]output-stream.blocking-flush" streams::blocking_flush(stream: Output);
        "[method]output-stream.subscribe" streams::subscribe_output(stream: Output);
        "[method]output-stream.write-zeroes" streams::write_zeroes(stream: Output, length: u64);
        "[method]output-stream.blocking-write-zeroes-and-flush"
            streams::blocking_write_zeroes_and_flush(stream: Output, length: u64);
        "[method]output-stream.splice" streams::splice(to: Output, from: Input, length: u64);
        "[method]output-stream.blocking-splice"
            streams::blocking_splice(to: Output, from: Input, length: u64);
    });
    Ok(())
}

/// What a run is given: arguments, environment, standard streams, clocks, randomness.
fn given(linker: &mut Linker<State>) -> Result<()> {
    interface!(linker "wasi:cli/environment" {
        "get-environment" cli::environment();
        "get-arguments" cli::arguments();
        "initial-cwd" cli::initial_cwd();
    });
    interface!(linker "wasi:cli/exit" {
        "exit" cli::exit(status: std::result::Result<(), ()>) nothing;
        "exit-with-code" cli::exit_with_code(code: u8) nothing;
    });
    interface!(linker "wasi:cli/stdin" { "get-stdin" cli::stdin(); });
    interface!(linker "wasi:cli/stdout" { "get-stdout" cli::stdout(); });
    interface!(linker "wasi:cli/stderr" { "get-stderr" cli::stderr(); });
    interface!(linker "wasi:cli/terminal-input" {
        resource "terminal-input" Terminal<false> => drop_terminal;
    });
    interface!(linker "wasi:cli/terminal-output" {
        resource "terminal-output" Terminal<true> => drop_terminal;
    });
    interface!(linker "wasi:cli/terminal-stdin" {
        "get-terminal-stdin" cli::terminal_input();
    });
    interface!(linker "wasi:cli/terminal-stdout" {
        "get-terminal-stdout" cli::terminal_output();
    });
    interface!(linker "wasi:cli/terminal-stderr" {
        "get-terminal-stderr" cli::terminal_output();
    });
    interface!(linker "wasi:clocks/wall-clock" {
        "now" clocks::wall_now();
        "resolution" clocks::wall_resolution();
    });
    interface!(linker "wasi:clocks/monotonic-clock" {
        "now" clocks::now();
        "resolution" clocks::resolution();
        "subscribe-instant" clocks::subscribe_instant(when: u64);
        "subscribe-duration" clocks::subscribe_duration(wait: u64);
    });
    interface!(linker "wasi:random/random" {
        "get-random-bytes" random::bytes(length: u64);
        "get-random-u64" random::number();
    });
    interface!(linker "wasi:random/insecure" {
        "get-insecure-random-bytes" random::bytes(length: u64);
        "get-insecure-random-u64" random::number();
    });
    interface!(linker "wasi:random/insecure-seed" {
        "insecure-seed" random::seed();
    });
    Ok(())
}

fn filesystem(linker: &mut Linker<State>) -> Result<()> {
    interface!(linker "wasi:filesystem/preopens" {
        "get-directories" files::directories();
    });
    interface!(linker "wasi:filesystem/types" {
        resource "descriptor" Descriptor => files::drop_descriptor;
        resource "directory-entry-stream" Listing => sight::drop_listing;
        "[method]descriptor.read-via-stream" files::read_via_stream(fd: Fd, offset: u64);
        "[method]descriptor.write-via-stream" files::write_via_stream(fd: Fd, offset: u64);
        "[method]descriptor.append-via-stream" files::append_via_stream(fd: Fd);
        "[method]descriptor.advise"
            files::advise(fd: Fd, offset: u64, length: u64, advice: Advice);
        "[method]descriptor.sync-data" files::sync_data(fd: Fd);
        "[method]descriptor.get-flags" files::get_flags(fd: Fd);
        "[method]descriptor.get-type" files::get_type(fd: Fd);
        "[method]descriptor.set-size" files::set_size(fd: Fd, size: u64);
        "[method]descriptor.set-times"
            files::set_times(fd: Fd, accessed: NewTimestamp, modified: NewTimestamp);
        "[method]descriptor.read" files::read(fd: Fd, length: u64, offset: u64);
        "[method]descriptor.write" files::write(fd: Fd, bytes: Vec<u8>, offset: u64);
        "[method]descriptor.read-directory" sight::read_directory(fd: Fd);
        "[method]descriptor.sync" files::sync(fd: Fd);
        "[method]descriptor.create-directory-at"
            files::create_directory_at(fd: Fd, path: String);
        "[method]descriptor.stat" sight::stat(fd: Fd);
        "[method]descriptor.stat-at" sight::stat_at(fd: Fd, flags: PathFlags, path: String);
        "[method]descriptor.set-times-at" files::set_times_at(
            fd: Fd, flags: PathFlags, path: String, accessed: NewTimestamp, modified: NewTimestamp);
        "[method]descriptor.link-at" files::link_at(
            fd: Fd, flags: PathFlags, path: String, to: Fd, to_path: String);
        "[method]descriptor.open-at" files::open_at(
            fd: Fd, lookup: PathFlags, path: String, open: OpenFlags, flags: DescriptorFlags);
        "[method]descriptor.readlink-at" files::readlink_at(fd: Fd, path: String);
        "[method]descriptor.remove-directory-at"
            files::remove_directory_at(fd: Fd, path: String);
        "[method]descriptor.rename-at"
            files::rename_at(fd: Fd, path: String, to: Fd, to_path: String);
        "[method]descriptor.symlink-at"
            files::symlink_at(fd: Fd, target: String, path: String);
        "[method]descriptor.unlink-file-at" files::unlink_file_at(fd: Fd, path: String);
        "[method]descriptor.is-same-object" files::is_same_object(one: Fd, other: Fd);
        "[method]descriptor.metadata-hash" sight::metadata_hash(fd: Fd);
        "[method]descriptor.metadata-hash-at"
            sight::metadata_hash_at(fd: Fd, flags: PathFlags, path: String);
        "[method]directory-entry-stream.read-directory-entry"
            sight::read_directory_entry(listing: Resource<Listing>);
        "filesystem-error-code" files::error_code(error: Resource<IoError>);
    });
    Ok(())
}

/// Refuses what is imported and not given, by its name. WASI 0.3 is only given to components that
/// are `later`.
pub(super) fn check_imports(
    engine: &Engine,
    component: &Component,
    later: bool,
) -> Result<(), LoadError> {
    let ty = component.component_type();
    for (name, import) in ty.imports(engine) {
        let foreign = |function: &str| LoadError::ForeignImport {
            module: shown(name),
            name: shown(function),
        };
        match import.ty {
            ComponentItem::ComponentInstance(instance) => {
                // Types alone are no more than names.
                let mut rest = instance
                    .exports(engine)
                    .filter(|(_, export)| !matches!(export.ty, ComponentItem::Type(_)));
                if let Some((first, _)) = rest.next()
                    && !is_given(name, later)
                {
                    return Err(foreign(first));
                }
            }
            // A name for a type that one of the interfaces has.
            ComponentItem::Type(_) | ComponentItem::Resource(_) => {}
            _ => return Err(foreign("")),
        }
    }
    Ok(())
}

/// Whether an interface with its version is one of those that are given.
fn is_given(name: &str, later: bool) -> bool {
    let Some((interface, version)) = name.split_once('@') else {
        return false;
    };
    if version.starts_with("0.3.") {
        return later && wasi3::is_given(interface);
    }
    version.starts_with("0.2.")
        && (INTERFACES.contains(&interface) || network::INTERFACES.contains(&interface))
}

/// Why the linker did not take a component whose interfaces are all given.
pub(super) fn unfit(error: &wasmtime::Error) -> LoadError {
    let message = format!("{error:#}");
    // The engine has no type for these; tests hold its words.
    let quoted = |after: &str| {
        let (_, rest) = message.split_once(after)?;
        Some(rest.split_once('`')?.0)
    };
    if message.ends_with("implementation is missing")
        && let Some(module) = quoted("component imports instance `")
    {
        return LoadError::ForeignImport {
            module: shown(module),
            name: shown(quoted("instance export `").unwrap_or("")),
        };
    }
    LoadError::ImportType {
        message: crate::run::shortened(message),
    }
}

//! WASI 0.3, by the same rules as WASI 0.2: what a command is given, clocks and randomness here,
//! the rest in the files beside.

mod convert;
mod files;
mod http;
mod sockets;
mod streams;
mod wait;

use super::cli::{self, Terminal};
use super::link::{self, drop_terminal, interface};
use super::words::words;
use super::{clocks, random};
use crate::call;
use crate::host::{State, Stop, wait_for_all};
use crate::record::{Tape, kept};
use policies::Clocks;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::sync::oneshot;
use wasmtime::component::{
    Accessor, Destination, FutureReader, Linker, Source, StreamConsumer, StreamProducer,
    StreamReader, StreamResult,
};
use wasmtime::{AsContextMut as _, Error, Result, StoreContextMut};
use wasmtime_wasi::p3::bindings::cli::types::ErrorCode;
use wasmtime_wasi::p3::bindings::clocks::system_clock::Instant;

/// Whether something of an interface is given, whose name comes without its version.
pub(super) fn is_given(interface: &str) -> bool {
    [
        INTERFACES,
        files::INTERFACES,
        http::INTERFACES,
        sockets::INTERFACES,
    ]
    .iter()
    .any(|given| given.contains(&interface))
}

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
    "wasi:cli/types",
    "wasi:clocks/monotonic-clock",
    "wasi:clocks/system-clock",
    "wasi:clocks/types",
    "wasi:random/insecure",
    "wasi:random/insecure-seed",
    "wasi:random/random",
];

/// What a stream gives or takes at once, in bytes.
const PIECE: usize = 64 << 10;

/// How a stream ended, as the guest gets it once it has.
type Ended = FutureReader<std::result::Result<(), ErrorCode>>;

/// Defines them all.
pub(super) fn add_to_linker(linker: &mut Linker<State>) -> Result<()> {
    interface!(@later linker "wasi:cli/environment" {
        "get-environment" cli::environment();
        "get-arguments" cli::arguments();
        "get-initial-cwd" cli::initial_cwd();
    });
    interface!(@later linker "wasi:cli/exit" {
        "exit" cli::exit(status: std::result::Result<(), ()>) nothing;
        "exit-with-code" cli::exit_with_code(code: u8) nothing;
    });
    interface!(@later linker "wasi:cli/terminal-input" {
        resource "terminal-input" Terminal<false> => drop_terminal;
    });
    interface!(@later linker "wasi:cli/terminal-output" {
        resource "terminal-output" Terminal<true> => drop_terminal;
    });
    interface!(@later linker "wasi:cli/terminal-stdin" {
        "get-terminal-stdin" cli::terminal_input();
    });
    interface!(@later linker "wasi:cli/terminal-stdout" {
        "get-terminal-stdout" cli::terminal_output();
    });
    interface!(@later linker "wasi:cli/terminal-stderr" {
        "get-terminal-stderr" cli::terminal_output();
    });
    interface!(@later linker "wasi:clocks/monotonic-clock" {
        "now" clocks::now();
        "get-resolution" clocks::resolution();
    });
    interface!(@later linker "wasi:random/random" {
        "get-random-bytes" random::bytes(length: u64);
        "get-random-u64" random::number();
    });
    interface!(@later linker "wasi:random/insecure" {
        "get-insecure-random-bytes" random::bytes(length: u64);
        "get-insecure-random-u64" random::number();
    });
    interface!(@later linker "wasi:random/insecure-seed" {
        "get-insecure-seed" random::seed();
    });
    waits(linker)?;
    standard(linker)?;
    files::add_to_linker(linker)?;
    sockets::add_to_linker(linker)?;
    http::add_to_linker(linker)
}

/// Clocks: those of the system and waiting.
fn waits(linker: &mut Linker<State>) -> Result<()> {
    interface!(@later linker "wasi:clocks/system-clock" {
        "now" system_clock::now();
        "get-resolution" clocks::resolution();
    });
    let mut clock = linker.instance("wasi:clocks/monotonic-clock@0.3.0")?;
    clock.func_wrap_concurrent("wait-until", |store: &Accessor<State>, (when,): (u64,)| {
        Box::pin(async move {
            let now = store.with(|mut access| {
                const WHAT: &str = "wasi:clocks/monotonic-clock wait-until";
                let mut store = access.as_context_mut();
                now(called(&mut store, WHAT, || words!(when))?)
            })?;
            wait(store, when.saturating_sub(now)).await
        })
    })?;
    clock.func_wrap_concurrent("wait-for", |store: &Accessor<State>, (length,): (u64,)| {
        Box::pin(async move {
            store.with(|mut access| {
                const WHAT: &str = "wasi:clocks/monotonic-clock wait-for";
                let mut store = access.as_context_mut();
                called(&mut store, WHAT, || words!(length)).map(drop)
            })?;
            wait(store, length).await
        })
    })
}

/// A call that is over at once, whatever comes of it later.
fn called<'a>(
    store: &'a mut StoreContextMut<'_, State>,
    function: &str,
    words: impl FnOnce() -> String,
) -> Result<&'a mut State> {
    let state = link::enter(store, function, words)?;
    if let Some(tape) = &state.tape {
        tape.done(state.file_bytes)?;
    }
    Ok(state)
}

mod system_clock {
    use super::{Instant, Result, State, clocks};

    pub(super) async fn now(state: &mut State) -> Result<Instant> {
        let now = clocks::wall_now(state).await?;
        Ok(Instant {
            seconds: i64::try_from(now.seconds)?,
            nanoseconds: now.nanoseconds,
        })
    }
}

/// Where the monotonic clock stands, without a reading of it.
fn now(state: &mut State) -> Result<u64> {
    use wasmtime_wasi::clocks::WasiClocksView as _;
    use wasmtime_wasi::p2::bindings::clocks::monotonic_clock::Host as _;
    if state.clocks == Clocks::Real {
        return kept!(state, "monotonic clock now", state.parts.clocks().now());
    }
    Ok(state.virtual_nanos)
}

/// Waits, by a real clock; any other is moved on at once, so that of two that wait at the same
/// time the second begins when the first is over.
async fn wait(store: &Accessor<State>, nanos: u64) -> Result<()> {
    let (clocks, tape, id) = store.with(|mut access| {
        let state = access.get();
        if state.clocks == Clocks::Virtual {
            state.virtual_nanos = state.virtual_nanos.saturating_add(nanos);
        }
        state.parts.waited += 1;
        (state.clocks, state.tape.clone(), state.parts.waited)
    });
    // What is over already is so at once.
    if clocks != Clocks::Real || nanos == 0 {
        return Ok(());
    }
    match tape {
        Some(tape) if tape.replays() => wait_as_then(store, &tape, id).await,
        tape => {
            tokio::time::sleep(Duration::from_nanos(nanos)).await;
            if let Some(tape) = tape {
                tape.happened(WAITED, id, &used(store)?);
            }
            Ok(())
        }
    }
}

/// What happens, as recordings name it: a wait is over, when so much fuel was used. Other tasks of
/// the guest may go on while one waits, so a host call is no place for it.
const WAITED: &str = "event: wait over";

/// How often a replay looks whether a wait is over while no fuel is used: whatever else the guest
/// can do has had its turn by then.
const LOOKS: u32 = 256;

/// Units of fuel that were used until now.
fn used(store: &Accessor<State>) -> Result<u64> {
    store.with(|mut access| {
        let left = access.as_context_mut().get_fuel()?;
        Ok(access.get().limits.fuel.0.saturating_sub(left))
    })
}

/// Waits in a replay until as much fuel is used as was then.
async fn wait_as_then(store: &Accessor<State>, tape: &Tape, id: u32) -> Result<()> {
    let (mut last, mut looks) = (0, 0);
    std::future::poll_fn(|context| {
        let used = match used(store) {
            Ok(used) => used,
            Err(error) => return Poll::Ready(Err(error)),
        };
        if tape.comes(WAITED, id, used) {
            return Poll::Ready(Ok(()));
        }
        looks = if used == last { looks + 1 } else { 0 };
        last = used;
        if looks > LOOKS || tape.has_ended() {
            return Poll::Ready(Err(tape.stuck()));
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await
}

fn standard(linker: &mut Linker<State>) -> Result<()> {
    linker.instance("wasi:cli/stdin@0.3.0")?.func_wrap(
        "read-via-stream",
        |mut store: StoreContextMut<'_, State>, (): ()| {
            called(&mut store, "wasi:cli/stdin read-via-stream", String::new)?;
            let (done, ended) = oneshot::channel();
            let input = Input {
                coming: None,
                _done: done,
            };
            let stream = StreamReader::new(&mut store, input)?;
            let ended = end_of(&mut store, ended)?;
            Ok(((stream, ended),))
        },
    )?;
    for (name, asked, stream) in [
        (
            "wasi:cli/stdout@0.3.0",
            "wasi:cli/stdout write-via-stream",
            call::Stream::Stdout,
        ),
        (
            "wasi:cli/stderr@0.3.0",
            "wasi:cli/stderr write-via-stream",
            call::Stream::Stderr,
        ),
    ] {
        linker.instance(name)?.func_wrap(
            "write-via-stream",
            move |mut store: StoreContextMut<'_, State>, (data,): (StreamReader<u8>,)| {
                called(&mut store, asked, String::new)?;
                let (done, ended) = oneshot::channel();
                let output = Output {
                    stream,
                    passing_on: None,
                    over: false,
                    _done: done,
                };
                data.pipe(&mut store, output)?;
                Ok((end_of(&mut store, ended)?,))
            },
        )?;
    }
    Ok(())
}

/// Standard streams have no errors: once one is over, that is all there is to say.
fn end_of(store: &mut StoreContextMut<'_, State>, ended: oneshot::Receiver<()>) -> Result<Ended> {
    FutureReader::new(store, async move {
        // Nothing is ever sent: the stream that holds the other end is dropped.
        let _ = ended.await;
        wasmtime::error::Ok(Ok(()))
    })
}

/// Standard input.
struct Input {
    /// What comes next, while it is waited for.
    coming: Option<Coming>,
    _done: oneshot::Sender<()>,
}

/// A piece, and whether there may be another.
type Coming = Pin<Box<dyn Future<Output = (Vec<u8>, std::io::Result<bool>)> + Send>>;

impl Input {
    /// Waits until there is something to read, or nothing more comes: the guest's other tasks go
    /// on meanwhile, but without real clocks none must see how its input came.
    fn poll_more(&mut self, context: &mut Context<'_>, state: &mut State) -> Poll<Result<()>> {
        while state.input_read == state.input.len()
            && let Some(source) = &state.live_input
        {
            if state.clocks != Clocks::Real {
                let patience = state.patience.clone();
                return Poll::Ready(wait::held(&patience, wait_for_all(state))?);
            }
            let source = source.clone();
            let coming = self.coming.get_or_insert_with(|| {
                Box::pin(async move {
                    let mut piece = Vec::new();
                    let more = source.next(&mut piece).await;
                    (piece, more)
                })
            });
            let (piece, more) = ready!(coming.as_mut().poll(context));
            self.coming = None;
            state.input_before += state.input.len();
            state.input = piece;
            state.input_read = 0;
            match more {
                Ok(true) => {}
                Ok(false) => state.live_input = None,
                Err(_) => return Poll::Ready(Err(Error::msg("standard input can't be read"))),
            }
            let length = state.input_before + state.input.len();
            if length as u64 > state.limits.input.0 {
                return Poll::Ready(Err(Stop::Input(length).into()));
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl StreamProducer<State> for Input {
    type Item = u8;
    type Buffer = bytes::BytesMut;

    fn poll_produce<'a>(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        mut store: StoreContextMut<'a, State>,
        to: Destination<'a, u8, Self::Buffer>,
        finish: bool,
    ) -> Poll<Result<StreamResult>> {
        let room = to.remaining(store.as_context_mut()).unwrap_or(PIECE);
        if room == 0 {
            return Poll::Ready(Ok(StreamResult::Completed));
        }
        let state = store.data_mut();
        match self.poll_more(context, state) {
            Poll::Pending if finish => return Poll::Ready(Ok(StreamResult::Cancelled)),
            more => ready!(more)?,
        }
        let rest = &state.input[state.input_read..];
        let piece = rest[..rest.len().min(room).min(PIECE)].to_vec();
        if piece.is_empty() {
            return Poll::Ready(Ok(StreamResult::Dropped));
        }
        state.input_read += piece.len();
        state.usage.bytes_read += piece.len() as u64;
        let mut to = to.as_direct(store, piece.len());
        to.remaining()[..piece.len()].copy_from_slice(&piece);
        to.mark_written(piece.len());
        Poll::Ready(Ok(StreamResult::Completed))
    }
}

/// Standard output or error.
struct Output {
    stream: call::Stream,
    /// What is passed on to whom listens, while there is no room for it.
    passing_on: Option<Pin<Box<dyn Future<Output = bool> + Send>>>,
    /// Whether more was written than is allowed.
    over: bool,
    _done: oneshot::Sender<()>,
}

impl StreamConsumer<State> for Output {
    type Item = u8;

    fn poll_consume(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        mut store: StoreContextMut<'_, State>,
        from: Source<'_, u8>,
        _: bool,
    ) -> Poll<Result<StreamResult>> {
        if self.passing_on.is_none() {
            let mut from = from.as_direct(store.as_context_mut());
            let given = from.remaining();
            let written = given.len().min(PIECE);
            let mut kept = given[..written].to_vec();
            from.mark_read(written);
            if written == 0 {
                return Poll::Ready(Ok(StreamResult::Completed));
            }
            let state = store.data_mut();
            kept.truncate(state.room(self.stream));
            self.over = kept.len() < written && self.stream == call::Stream::Stdout;
            if let Some(chunk) = state.keep(self.stream, kept, written as u64)
                && let Some(live) = state.live.clone()
            {
                self.passing_on = Some(Box::pin(async move { live.send(chunk).await.is_ok() }));
            }
        }
        if let Some(passing_on) = &mut self.passing_on {
            let heard = ready!(passing_on.as_mut().poll(context));
            self.passing_on = None;
            if !heard {
                store.data_mut().live = None;
            }
        }
        if self.over {
            return Poll::Ready(Err(Stop::Output.into()));
        }
        Poll::Ready(Ok(StreamResult::Completed))
    }
}

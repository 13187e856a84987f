//! One run, from the call to the execution.

use crate::call::too_much_input;
use crate::component;
use crate::execution::{Execution, Frame, Outcome, Usage};
use crate::host::{State, Stop};
use crate::probe::Probing;
use crate::record::Tape;
use crate::sandbox::YIELD_INTERVAL;
use crate::tool::{Code, Ready};
use crate::{Call, Tool};
use policies::Limits;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use wasmtime::{Extern, Store, Trap, WasmBacktrace, bail};
use wasmtime_wasi::I32Exit;

/// How the guest's future ended.
enum End {
    Returned(wasmtime::Result<()>),
    Deadline,
    Cancelled,
}

pub(crate) async fn run(
    tool: &Tool,
    call: Call,
    tape: Option<Tape>,
    mut probing: Option<Probing<'_>>,
) -> Execution {
    let cancel = call.cancel.clone();
    if cancel.is_cancelled() {
        return ended(Outcome::Cancelled);
    }
    let slots = tool.code.slots();
    let slot = if let Ok(slot) = tool.sandbox.slots.try_acquire_many(slots) {
        Ok(slot)
    } else {
        tokio::select! {
            biased;
            () = cancel.cancelled() => return ended(Outcome::Cancelled),
            slot = tool.sandbox.slots.acquire_many(slots) => slot,
        }
    };
    let Ok(_slot) = slot else {
        // The semaphore is never closed; were it, calling off is what that would mean.
        return ended(Outcome::Cancelled);
    };
    let begin = Instant::now();
    if let Some(message) = call.refusal().or_else(|| tool.code.refusal(&call)) {
        return ended(Outcome::InvalidInput { message });
    }
    let limits = call.policy.limits;
    // Nothing that it can call makes it wait, and nobody keeps what it calls.
    let quick = tape.is_none()
        && call.live.is_none()
        && call.live_input.is_none()
        && call.policy.capabilities.directories.is_empty();
    let component = matches!(tool.code, Code::Component(_));
    let outside = Arc::clone(&tool.sandbox.outside);
    let largest = tool.sandbox.largest;
    let mut state = match State::new(call, largest, begin, component, outside, tape) {
        Ok(state) => state,
        Err(message) => return ended(Outcome::InvalidInput { message }),
    };
    if let Some(probing) = &probing {
        state.virtual_nanos = u64::try_from(probing.probe.ahead.as_nanos()).unwrap_or(u64::MAX);
    }
    let mut store = Store::new(tool.code.engine(), state);
    store.limiter(|state| &mut state.limiter);

    let mut cpu = Duration::ZERO;
    let end = {
        let mut guest = pin!(measured(&mut cpu, begin, async {
            store.set_fuel(limits.fuel.0)?;
            store.fuel_async_yield_interval(Some(YIELD_INTERVAL))?;
            match &tool.code {
                Code::Module(module) => module.call(&mut store, quick, probing.as_mut()).await,
                // In a box: the future of a module's call stays small.
                Code::Component(component) => Box::pin(component.call(&mut store)).await,
            }
        }));
        // A short call ends within its first poll, and needs neither a timer nor a place among
        // those that wait to be called off.
        match std::future::poll_fn(|context| Poll::Ready(guest.as_mut().poll(context))).await {
            Poll::Ready(result) => End::Returned(result),
            Poll::Pending => rest(guest, &cancel, begin, limits.wall_time.as_duration()).await,
        }
    };
    let wall = begin.elapsed();
    let left = store.get_fuel().unwrap_or(0);
    let fuel = limits.fuel.0.saturating_sub(left);
    if let Some(probing) = probing {
        probing.end(&store, store.data().left);
    }
    let state = store.data_mut();
    let (outcome, backtrace) = judge(end, &limits, state.limiter.refused.as_deref());
    state.take_execution(outcome, backtrace, |usage: &mut Usage| {
        usage.fuel = fuel;
        usage.wall_micros = micros(wall);
        usage.cpu_micros = micros(cpu);
    })
}

impl Ready {
    /// A fresh instance of a module, from its start to its end.
    async fn call(
        &self,
        store: &mut Store<State>,
        quick: bool,
        probing: Option<&mut Probing<'_>>,
    ) -> wasmtime::Result<()> {
        let pre = if quick { &self.quick } else { &self.pre };
        let instance = pre.instantiate_async(&mut *store).await?;
        if let Some(probing) = probing {
            probing.begin(instance, store)?;
        }
        let memory = instance.get_module_export(&mut *store, &self.memory);
        store.data_mut().memory = memory.and_then(Extern::into_memory);
        let start = instance.get_module_export(&mut *store, &self.start);
        let Some(start) = start.and_then(Extern::into_func) else {
            bail!("it has no `_start`");
        };
        let start = start.typed::<(), ()>(&*store)?;
        start.call_async(store, ()).await
    }
}

/// A run after its first poll: until it ends, is called off or its time is over.
async fn rest(
    guest: Pin<&mut impl Future<Output = wasmtime::Result<()>>>,
    cancel: &CancellationToken,
    begin: Instant,
    time: Duration,
) -> End {
    let left = time.saturating_sub(begin.elapsed());
    tokio::select! {
        biased;
        () = cancel.cancelled() => End::Cancelled,
        result = tokio::time::timeout(left, guest) => match result {
            Ok(result) => End::Returned(result),
            Err(_) => End::Deadline,
        },
    }
}

/// A run that never began.
fn ended(outcome: Outcome) -> Execution {
    Execution {
        outcome,
        output: Vec::new(),
        stdout: crate::Captured::default(),
        stderr: crate::Captured::default(),
        usage: Usage::default(),
        denied: Vec::new(),
        backtrace: Vec::new(),
    }
}

fn judge(end: End, limits: &Limits, refused: Option<&str>) -> (Outcome, Vec<Frame>) {
    let error = match end {
        End::Deadline => {
            let limit = limits.wall_time;
            return (Outcome::DeadlineExceeded { limit }, Vec::new());
        }
        End::Cancelled => return (Outcome::Cancelled, Vec::new()),
        End::Returned(Ok(())) => return (Outcome::Success, Vec::new()),
        End::Returned(Err(error)) => error,
    };
    match error.downcast_ref() {
        Some(Stop::Deadline) => return judge(End::Deadline, limits, refused),
        Some(Stop::Cancelled) => return judge(End::Cancelled, limits, refused),
        _ => {}
    }
    let backtrace = error
        .downcast_ref::<WasmBacktrace>()
        .map(frames)
        .unwrap_or_default();
    let outcome = if let Some(stop @ (Stop::Output | Stop::Input(_) | Stop::NoText(_))) =
        error.downcast_ref()
    {
        let outcome = match stop {
            Stop::Input(length) => Outcome::InvalidInput {
                message: too_much_input(*length, limits.input),
            },
            Stop::NoText(at) => Outcome::InvalidInput {
                message: component::no_text(*at),
            },
            _ => Outcome::OutputExceeded {
                limit: limits.output,
            },
        };
        return (outcome, backtrace);
    } else if let Some(message) = component::exceeded(&error) {
        return (Outcome::MemoryExceeded { message }, backtrace);
    } else if let Some(I32Exit(code)) = error.downcast_ref() {
        if *code == 0 {
            return (Outcome::Success, Vec::new());
        }
        Outcome::ToolError { exit_code: *code }
    } else {
        match error.downcast_ref::<Trap>() {
            Some(Trap::OutOfFuel) => {
                let limit = limits.fuel;
                return (Outcome::FuelExhausted { limit }, backtrace);
            }
            Some(trap) => Outcome::Trap {
                message: trap.to_string(),
            },
            // What a host function refused comes wrapped in the backtrace, which has its own place.
            None if !backtrace.is_empty() => Outcome::Trap {
                message: error.root_cause().to_string(),
            },
            None => Outcome::Trap {
                message: format!("{error:#}"),
            },
        }
    };
    // A guest that was refused memory and then failed, failed of that.
    match (refused, outcome) {
        (Some(refused), _) => (
            Outcome::MemoryExceeded {
                message: refused.to_owned(),
            },
            backtrace,
        ),
        (None, Outcome::Trap { message }) if message.contains("resource limit exceeded") => {
            (Outcome::MemoryExceeded { message }, backtrace)
        }
        (None, outcome @ Outcome::ToolError { .. }) => (outcome, Vec::new()),
        (None, outcome) => (outcome, backtrace),
    }
}

fn frames(backtrace: &WasmBacktrace) -> Vec<Frame> {
    backtrace
        .frames()
        .iter()
        .map(|frame| {
            let symbol = frame.symbols().first();
            let name = symbol
                .and_then(|symbol| symbol.name())
                .or_else(|| frame.func_name());
            Frame {
                index: frame.func_index(),
                function: name.map(demangled),
                location: symbol.and_then(|symbol| {
                    let mut place = shortened(symbol.file()?.to_owned());
                    for number in [symbol.line(), symbol.column()].into_iter().flatten() {
                        place = format!("{place}:{number}");
                    }
                    Some(place)
                }),
            }
        })
        .collect()
}

/// Rust's names as people wrote them, without the hash at the end; others as they are.
fn demangled(name: &str) -> String {
    // Only as much as is shown: what a module calls its functions is up to the module.
    let name = shortened(name.to_owned());
    shortened(format!("{:#}", rustc_demangle::demangle(&name)))
}

/// What a module says of itself, within bounds.
pub(crate) fn shortened(mut text: String) -> String {
    const LONGEST: usize = 512;
    if text.len() > LONGEST {
        text.truncate(text.floor_char_boundary(LONGEST));
        text.push('…');
    }
    text
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// Adds up the processor time of each poll: what the thread did for this guest alone.
///
/// To ask for a thread's time is a call into the kernel and takes half a microsecond, so of the
/// first poll, which is all that there is of a short call, the time since `begin` is taken.
async fn measured<T>(cpu: &mut Duration, begin: Instant, future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut first = true;
    std::future::poll_fn(move |context| {
        if std::mem::take(&mut first) {
            let result = future.as_mut().poll(context);
            *cpu += begin.elapsed();
            return result;
        }
        let before = thread_time();
        let result = future.as_mut().poll(context);
        *cpu += thread_time().saturating_sub(before);
        result
    })
    .await
}

fn thread_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

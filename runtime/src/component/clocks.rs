//! `wasi:clocks`.

use super::kept::StandIn;
use super::poll::Waits;
use crate::host::State;
use crate::host::time::{EPOCH, STEP};
use crate::record::kept;
use policies::Clocks;
use wasmtime::Result;
use wasmtime::component::Resource;
use wasmtime_wasi::clocks::WasiClocksView as _;
use wasmtime_wasi::p2::bindings::clocks::monotonic_clock::Host as Monotonic;
use wasmtime_wasi::p2::bindings::clocks::wall_clock::{Datetime, Host as Wall};
use wasmtime_wasi::p2::{DynPollable, Pollable, subscribe};

const SECOND: u64 = 1_000_000_000;

/// A moment of Unix time.
pub(super) fn datetime(nanos: u64) -> Datetime {
    Datetime {
        seconds: nanos / SECOND,
        nanoseconds: u32::try_from(nanos % SECOND).unwrap_or(0),
    }
}

pub(super) async fn wall_now(state: &mut State) -> Result<Datetime> {
    if state.clocks == Clocks::Real {
        return kept!(
            state,
            "wall clock now",
            Wall::now(&mut state.parts.clocks())
        );
    }
    Ok(datetime(EPOCH.saturating_add(state.tick())))
}

pub(super) async fn wall_resolution(state: &mut State) -> Result<Datetime> {
    if state.clocks == Clocks::Real {
        return kept!(
            state,
            "wall clock resolution",
            Wall::resolution(&mut state.parts.clocks())
        );
    }
    Ok(datetime(STEP))
}

pub(super) async fn now(state: &mut State) -> Result<u64> {
    if state.clocks == Clocks::Real {
        return kept!(
            state,
            "monotonic clock now",
            Monotonic::now(&mut state.parts.clocks())
        );
    }
    Ok(state.tick())
}

pub(super) async fn resolution(state: &mut State) -> Result<u64> {
    if state.clocks == Clocks::Real {
        return kept!(
            state,
            "monotonic clock resolution",
            Monotonic::resolution(&mut state.parts.clocks())
        );
    }
    Ok(STEP)
}

pub(super) async fn subscribe_instant(
    state: &mut State,
    when: u64,
) -> Result<Resource<DynPollable>> {
    if state.clocks == Clocks::Real {
        return real(state, |state| state.parts.clocks().subscribe_instant(when));
    }
    timer(state, when)
}

pub(super) async fn subscribe_duration(
    state: &mut State,
    wait: u64,
) -> Result<Resource<DynPollable>> {
    if state.clocks == Clocks::Real {
        return real(state, |state| state.parts.clocks().subscribe_duration(wait));
    }
    let when = state.virtual_nanos.saturating_add(wait);
    timer(state, when)
}

/// A timer of the system's. When it rings comes from outside.
fn real(
    state: &mut State,
    timer: impl FnOnce(&mut State) -> Result<Resource<DynPollable>>,
) -> Result<Resource<DynPollable>> {
    if state.tape.is_none() {
        return timer(state);
    }
    let timer = if state.replays() {
        let stand_in: Resource<StandIn> = state.stand_in()?;
        subscribe(&mut state.parts.table, stand_in)?
    } else {
        timer(state)?
    };
    state.parts.waits.insert(timer.rep(), Waits::Outside);
    Ok(timer)
}

/// What stands in the table for a clock that rings without real time; `poll` knows when.
struct Timer;

#[wasmtime_wasi::async_trait]
impl Pollable for Timer {
    async fn ready(&mut self) {}
}

fn timer(state: &mut State, when: u64) -> Result<Resource<DynPollable>> {
    let parts = &mut state.parts;
    let timer = parts.table.push(Timer)?;
    let pollable = subscribe(&mut parts.table, timer)?;
    parts.waits.insert(pollable.rep(), Waits::Until(when));
    Ok(pollable)
}

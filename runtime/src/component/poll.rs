//! `wasi:io/poll`.
//!
//! Without real time nothing is waited for: streams of ours can be read and written at once, and
//! else the earliest clock rings, which a virtual clock is then moved on to. Only what the network
//! gives is waited for with any clocks, and meanwhile no clock rings that was not over.

use crate::host::State;
use crate::record::Tape;
use policies::Clocks;
use std::future::poll_fn;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use wasmtime::component::Resource;
use wasmtime::{Result, bail};
use wasmtime_wasi::p2::DynPollable;
use wasmtime_wasi::p2::bindings::io::poll::{Host as _, HostPollable};

/// What a pollable of ours waits for.
#[derive(Clone, Copy)]
pub(super) enum Waits {
    /// It is always ready.
    Never,
    /// A clock without real time, in nanoseconds since its start.
    Until(u64),
    /// Something outside, in a run that is recorded or repeated: that it is ready is what happens.
    Outside,
}

/// What happens, as recordings name it; the number beside it is the pollable's.
const READY: &str = "event: ready";

/// One of the pollables that are not ours.
#[derive(Clone, Copy)]
struct Foreign {
    /// Its place in the guest's list, and in the table.
    index: u32,
    rep: u32,
    /// Whether it is only known outside when it is ready.
    outside: bool,
}

/// More than this at once is refused, as for preview 1.
const MAX_POLLABLES: usize = 4096;

pub(super) async fn poll(
    state: &mut State,
    pollables: Vec<Resource<DynPollable>>,
) -> Result<Vec<u32>> {
    if pollables.is_empty() {
        bail!("nothing to poll");
    }
    if pollables.len() > MAX_POLLABLES {
        bail!(
            "{} pollables were to be waited for at once, where {MAX_POLLABLES} are allowed",
            pollables.len()
        );
    }
    let mut earliest: Option<u64> = None;
    let mut ready = Vec::new();
    let mut rung = Vec::new();
    let mut foreign = Vec::new();
    for (index, pollable) in (0u32..).zip(&pollables) {
        match state.parts.waits.get(&pollable.rep()) {
            Some(Waits::Never) => ready.push(index),
            Some(Waits::Until(when)) => {
                if *when <= state.virtual_nanos {
                    rung.push(index);
                }
                earliest = Some(earliest.map_or(*when, |earliest| earliest.min(*when)));
            }
            other => foreign.push(Foreign {
                index,
                rep: pollable.rep(),
                outside: other.is_some(),
            }),
        }
    }
    if foreign.is_empty() {
        return Ok(match earliest {
            Some(earliest) if ready.is_empty() => ring(state, &pollables, earliest),
            _ => ready,
        });
    }
    // Without real clocks these are the network's, with real ones also the clocks.
    if ready.is_empty() && rung.is_empty() {
        return first(state, &foreign).await;
    }
    ready.append(&mut rung);
    for one in foreign {
        if is_ready(state, one).await? {
            ready.push(one.index);
        }
    }
    ready.sort_unstable();
    Ok(ready)
}

/// Whether one is ready now.
async fn is_ready(state: &mut State, one: Foreign) -> Result<bool> {
    match &state.tape {
        Some(tape) if one.outside && tape.replays() => {
            return Ok(tape.happens::<()>(READY, one.rep).is_some());
        }
        _ => {}
    }
    let pollable = Resource::new_borrow(one.rep);
    let ready = HostPollable::ready(&mut state.parts.table, pollable).await?;
    if let Some(tape) = &state.tape
        && one.outside
        && ready
    {
        tape.happened(READY, one.rep, &());
    }
    Ok(ready)
}

/// Waits until at least one is ready, and says which are.
async fn first(state: &mut State, foreign: &[Foreign]) -> Result<Vec<u32>> {
    let Some(tape) = state.tape.clone() else {
        let answer = state.parts.table.poll(borrowed(foreign)).await?;
        return Ok(places(foreign, &answer));
    };
    // What came while something else was waited for.
    state.go_on()?;
    if tape.replays() {
        return first_then(state, &tape, foreign);
    }
    loop {
        let parts = &mut state.parts;
        let answer = {
            let mut waited = pin!(parts.table.poll(borrowed(foreign)));
            poll_fn(|context| {
                tape.turn();
                // What has come is given first, for it may be what is waited for.
                if parts.networking.go_on(context) {
                    return Poll::Ready(None);
                }
                waited.as_mut().poll(context).map(Some)
            })
            .await
        };
        parts.give()?;
        let Some(answer) = answer else {
            continue;
        };
        let ready = places(foreign, &answer?);
        for one in foreign {
            if one.outside && ready.contains(&one.index) {
                tape.happened(READY, one.rep, &());
            }
        }
        return Ok(ready);
    }
}

/// The same in a replay, where nothing is waited for.
fn first_then(state: &mut State, tape: &Tape, foreign: &[Foreign]) -> Result<Vec<u32>> {
    let (outside, known): (Vec<_>, Vec<_>) = foreign.iter().copied().partition(|it| it.outside);
    tape.turn();
    let mut context = Context::from_waker(Waker::noop());
    loop {
        let given = tape.given();
        if state.parts.networking.go_on(&mut context) {
            // As then: given first, and another turn.
            state.parts.give()?;
            tape.turn();
            continue;
        }
        if tape.given() > given {
            continue;
        }
        let mut ready = Vec::new();
        if !known.is_empty() {
            let mut waited = pin!(state.parts.table.poll(borrowed(&known)));
            if let Poll::Ready(answer) = waited.as_mut().poll(&mut context) {
                ready = places(&known, &answer?);
            }
        }
        for one in &outside {
            if tape.happens::<()>(READY, one.rep).is_some() {
                ready.push(one.index);
            }
        }
        if !ready.is_empty() {
            ready.sort_unstable();
            return Ok(ready);
        }
        if tape.given() == given && !tape.next_turn() {
            return Err(tape.stuck());
        }
    }
}

fn borrowed(foreign: &[Foreign]) -> Vec<Resource<DynPollable>> {
    let borrowed = foreign.iter().map(|one| Resource::new_borrow(one.rep));
    borrowed.collect()
}

/// Places in the guest's list, in order.
fn places(foreign: &[Foreign], answer: &[u32]) -> Vec<u32> {
    let place = |at: &u32| foreign.get(*at as usize).map(|one| one.index);
    let mut places: Vec<u32> = answer.iter().filter_map(place).collect();
    places.sort_unstable();
    places
}

/// Lets the clocks ring that do so first, and those that are over already.
fn ring(state: &mut State, pollables: &[Resource<DynPollable>], earliest: u64) -> Vec<u32> {
    if state.clocks == Clocks::Virtual {
        state.virtual_nanos = state.virtual_nanos.max(earliest);
    }
    let last = earliest.max(state.virtual_nanos);
    let mut ready = Vec::new();
    for (index, pollable) in (0u32..).zip(pollables) {
        if let Some(Waits::Until(when)) = state.parts.waits.get_mut(&pollable.rep())
            && *when <= last
        {
            // A frozen clock stays before it, and still it has rung.
            *when = 0;
            ready.push(index);
        }
    }
    ready
}

pub(super) async fn ready(state: &mut State, pollable: Resource<DynPollable>) -> Result<bool> {
    match state.parts.waits.get(&pollable.rep()) {
        Some(Waits::Never) => Ok(true),
        Some(Waits::Until(when)) => Ok(*when <= state.virtual_nanos),
        other => {
            let one = Foreign {
                index: 0,
                rep: pollable.rep(),
                outside: other.is_some(),
            };
            is_ready(state, one).await
        }
    }
}

pub(super) async fn block(state: &mut State, pollable: Resource<DynPollable>) -> Result<()> {
    poll(state, vec![pollable]).await.map(drop)
}

pub(super) async fn drop_pollable(
    state: &mut State,
    pollable: Resource<DynPollable>,
) -> Result<()> {
    state.parts.waits.remove(&pollable.rep());
    HostPollable::drop(&mut state.parts.table, pollable)
}

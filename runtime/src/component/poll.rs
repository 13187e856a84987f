//! `wasi:io/poll`.
//!
//! Without real time nothing is waited for: streams of ours can be read and written at once, and
//! else the earliest clock rings, which a virtual clock is then moved on to. Only what the network
//! gives is waited for with any clocks, and meanwhile no clock rings that was not over.

use crate::host::State;
use policies::Clocks;
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
            None => foreign.push((index, pollable.rep())),
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
        let borrowed = foreign.iter().map(|(_, rep)| Resource::new_borrow(*rep));
        let answer = state.parts.table.poll(borrowed.collect()).await?;
        let index = |at: u32| foreign.get(at as usize).map(|(index, _)| *index);
        return Ok(answer.into_iter().filter_map(index).collect());
    }
    ready.append(&mut rung);
    for (index, rep) in foreign {
        let pollable = Resource::new_borrow(rep);
        if HostPollable::ready(&mut state.parts.table, pollable).await? {
            ready.push(index);
        }
    }
    ready.sort_unstable();
    Ok(ready)
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
        None => HostPollable::ready(&mut state.parts.table, pollable).await,
    }
}

pub(super) async fn block(state: &mut State, pollable: Resource<DynPollable>) -> Result<()> {
    if state.parts.waits.contains_key(&pollable.rep()) {
        poll(state, vec![pollable]).await?;
        return Ok(());
    }
    state.parts.table.block(pollable).await
}

pub(super) async fn drop_pollable(
    state: &mut State,
    pollable: Resource<DynPollable>,
) -> Result<()> {
    state.parts.waits.remove(&pollable.rep());
    HostPollable::drop(&mut state.parts.table, pollable)
}

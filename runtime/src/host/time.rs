//! Clocks, sleeping and randomness.

use super::{Host, State, errno};
use policies::Clocks;
use wasmtime::Result;

/// 2000-01-01T00:00:00Z in nanoseconds of Unix time: where frozen and virtual clocks start.
pub(crate) const EPOCH: u64 = 946_684_800 * 1_000_000_000;
/// What a virtual clock goes on by at each reading: a microsecond.
pub(crate) const STEP: u64 = 1_000;

const REALTIME: i32 = 0;
const MONOTONIC: i32 = 1;

/// The clock's value, or `None` for a clock that there is not.
fn read(host: &mut Host<'_>, id: i32) -> Option<u64> {
    let base = match id {
        REALTIME => EPOCH,
        MONOTONIC => 0,
        _ => return None,
    };
    Some(base.saturating_add(host.state.tick()))
}

impl State {
    /// One reading of a clock that is not real: nanoseconds since its start.
    pub(crate) fn tick(&mut self) -> u64 {
        if self.clocks == Clocks::Virtual {
            self.virtual_nanos = self.virtual_nanos.saturating_add(STEP);
        }
        self.virtual_nanos
    }
}

fn answer(host: &mut Host<'_>, at: i32, value: Option<u64>) -> i32 {
    let Some(value) = value else {
        return errno::BADF;
    };
    match host.write(at, &value.to_le_bytes()) {
        Some(()) => errno::SUCCESS,
        None => errno::FAULT,
    }
}

pub(super) async fn clock_res_get(host: &mut Host<'_>, id: i32, result: i32) -> Result<i32> {
    if host.state.clocks == Clocks::Real {
        return outside!(sync host.state, host.memory, clock_res_get, id, result);
    }
    let known = matches!(id, REALTIME | MONOTONIC);
    Ok(answer(host, result, known.then_some(STEP)))
}

pub(super) async fn clock_time_get(
    host: &mut Host<'_>,
    id: i32,
    precision: i64,
    result: i32,
) -> Result<i32> {
    if host.state.clocks == Clocks::Real {
        return outside!(sync host.state, host.memory, clock_time_get, id, precision, result);
    }
    let value = read(host, id);
    Ok(answer(host, result, value))
}

/// SplitMix64 (Steele, Lea and Flood 2014): small, known, and the same on every machine.
fn next(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut value = *seed;
    value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

impl State {
    /// Random bytes, from the generator if there is a seed.
    ///
    /// # Errors
    /// When the system has none, or a replay ends.
    pub(crate) fn fill(&mut self, piece: &mut [u8]) -> Result<()> {
        let Some(seed) = &mut self.seed else {
            return self.random(piece);
        };
        for eight in piece.chunks_mut(8) {
            let bytes = next(seed).to_le_bytes();
            eight.copy_from_slice(&bytes[..eight.len()]);
        }
        Ok(())
    }
}

/// Random bytes made between two looks at whether others wait for their turn.
pub(crate) const RANDOM_PIECE: usize = 256 << 10;

pub(super) async fn random_get(host: &mut Host<'_>, at: i32, length: i32) -> Result<i32> {
    let Some(range) = host.range(at, length) else {
        return Ok(errno::FAULT);
    };
    for start in range.clone().step_by(RANDOM_PIECE) {
        let piece = &mut host.memory[start..range.end.min(start + RANDOM_PIECE)];
        host.state.fill(piece)?;
        host.state.give_way_by_the_clock().await;
    }
    Ok(errno::SUCCESS)
}

// Layouts of wasi_snapshot_preview1.witx: `subscription` has 48 bytes, `event` 32.
const SUBSCRIPTION: u32 = 48;
const EVENT: u32 = 32;
/// More than this at once is refused, with any clocks: a guest could make the host look at its
/// whole memory, or set a timer for each.
const MAX_SUBSCRIPTIONS: u32 = 4096;

struct Subscription {
    userdata: [u8; 8],
    /// 0 a clock, 1 reading, 2 writing.
    tag: u8,
    /// For clocks: how long from now, in nanoseconds.
    wait: u64,
}

pub(super) async fn poll_oneoff(
    host: &mut Host<'_>,
    subscriptions: i32,
    events: i32,
    count: i32,
    result: i32,
) -> Result<i32> {
    if count == 0 || count.cast_unsigned() > MAX_SUBSCRIPTIONS {
        return Ok(errno::INVAL);
    }
    if host.state.clocks == Clocks::Real {
        return outside!(
            waits host.state, host.memory, poll_oneoff, subscriptions, events, count, result
        )
        .await;
    }
    Ok(poll(host, subscriptions, events, count.cast_unsigned(), result).unwrap_or(errno::FAULT))
}

/// Without real time nothing is waited for: whatever can be read or written can be so at once,
/// and else the earliest clock rings, which a virtual clock is then moved on to.
fn poll(host: &mut Host<'_>, at: i32, events: i32, count: u32, result: i32) -> Option<i32> {
    let mut all = Vec::new();
    for index in 0..count {
        let at = at
            .cast_unsigned()
            .checked_add(index * SUBSCRIPTION)?
            .cast_signed();
        all.push(subscription(host, at)?);
    }
    let ready: Vec<&Subscription> = if all.iter().any(|one| one.tag != 0) {
        all.iter().filter(|one| one.tag != 0).collect()
    } else {
        let least = all.iter().map(|one| one.wait).min()?;
        if host.state.clocks == Clocks::Virtual {
            host.state.virtual_nanos = host.state.virtual_nanos.saturating_add(least);
        }
        all.iter().filter(|one| one.wait == least).collect()
    };
    for (index, one) in (0u32..).zip(&ready) {
        let mut event = [0; EVENT as usize];
        event[..8].copy_from_slice(&one.userdata);
        event[10] = one.tag;
        if one.tag != 0 {
            // One byte at least can be moved.
            event[16] = 1;
        }
        let at = events
            .cast_unsigned()
            .checked_add(index * EVENT)?
            .cast_signed();
        host.write(at, &event)?;
    }
    host.write(result, &u32::try_from(ready.len()).ok()?.to_le_bytes())?;
    Some(errno::SUCCESS)
}

fn subscription(host: &Host<'_>, at: i32) -> Option<Subscription> {
    let bytes: &[u8; SUBSCRIPTION as usize] = host
        .bytes(at, SUBSCRIPTION.cast_signed())?
        .try_into()
        .ok()?;
    let u64_at = |at: usize| {
        let mut eight = [0; 8];
        eight.copy_from_slice(&bytes[at..at + 8]);
        u64::from_le_bytes(eight)
    };
    let mut userdata = [0; 8];
    userdata.copy_from_slice(&bytes[..8]);
    let absolute = bytes[40] & 1 != 0;
    let timeout = u64_at(24);
    let base = if bytes[16] == 0 { EPOCH } else { 0 };
    let now = base.saturating_add(host.state.virtual_nanos);
    Some(Subscription {
        userdata,
        tag: bytes[8].min(2),
        wait: if absolute {
            timeout.saturating_sub(now)
        } else {
            timeout
        },
    })
}

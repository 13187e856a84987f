//! `wasi:random`: all three interfaces give the same, from the generator or the system.

use crate::host::State;
use crate::host::time::RANDOM_PIECE;
use wasmtime::{Result, bail};

/// What can be asked for at once, in bytes: the host makes the list before it is copied to where
/// the guest wants it.
const LONGEST: u64 = 64 << 20;

pub(super) async fn bytes(state: &mut State, length: u64) -> Result<Vec<u8>> {
    let limit = LONGEST.min(state.limits.memory.0);
    if length > limit {
        bail!(
            "{length} random bytes were asked for at once, more than the {limit} there is room for"
        );
    }
    let mut bytes = vec![0; usize::try_from(length)?];
    for piece in bytes.chunks_mut(RANDOM_PIECE) {
        state.fill(piece)?;
        state.give_way_by_the_clock().await;
    }
    Ok(bytes)
}

pub(super) async fn number(state: &mut State) -> Result<u64> {
    let mut bytes = [0; 8];
    state.fill(&mut bytes)?;
    Ok(u64::from_le_bytes(bytes))
}

/// The same each time, as WASI 0.3 has it.
pub(super) async fn seed(state: &mut State) -> Result<(u64, u64)> {
    if let Some(seed) = state.parts.seed {
        return Ok(seed);
    }
    let seed = (number(state).await?, number(state).await?);
    state.parts.seed = Some(seed);
    Ok(seed)
}

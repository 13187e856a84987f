//! Standard output and error.

use super::state::{Kind, Stop};
use super::{Host, errno};
use crate::call::{Chunk, Stream};
use bytes::Bytes;
use wasmtime::Result;

/// Writes what the guest gave, up to the limits, and tells how much that was.
pub(super) async fn write(
    host: &mut Host<'_>,
    kind: Kind,
    iovs: i32,
    count: i32,
    result: i32,
) -> Result<i32> {
    let Some(data) = gather(host, iovs, count) else {
        return Ok(errno::FAULT);
    };
    let written = data.len();
    let state = &mut *host.state;
    let mut stop = false;
    let (stream, kept) = match kind {
        Kind::Stdout => {
            let room = usize::try_from(state.limits.output.0)
                .unwrap_or(usize::MAX)
                .saturating_sub(state.output.len());
            stop = written > room;
            let kept = &data[..written.min(room)];
            state.output.extend_from_slice(kept);
            (Stream::Stdout, kept.len())
        }
        Kind::Stderr | Kind::File => {
            let room = usize::try_from(state.limits.stderr.0)
                .unwrap_or(usize::MAX)
                .saturating_sub(state.stderr.bytes.len());
            state.stderr.truncated |= written > room;
            state
                .stderr
                .bytes
                .extend_from_slice(&data[..written.min(room)]);
            (Stream::Stderr, written)
        }
    };
    state.usage.bytes_written += kept as u64;
    if kept > 0
        && let Some(live) = &state.live
    {
        let bytes = Bytes::copy_from_slice(&data[..kept]);
        // No one listens any more: the run goes on for its result.
        if live.send(Chunk { stream, bytes }).await.is_err() {
            state.live = None;
        }
    }
    if stop {
        return Err(Stop::Output.into());
    }
    let written = u32::try_from(written).unwrap_or(u32::MAX);
    match host.write(result, &written.to_le_bytes()) {
        Some(()) => Ok(errno::SUCCESS),
        None => Ok(errno::FAULT),
    }
}

/// All that the vectors name, at most what the output limit still could use and a little more:
/// a guest can name its whole memory thousands of times over.
fn gather(host: &Host<'_>, iovs: i32, count: i32) -> Option<Vec<u8>> {
    const MOST: usize = 64 << 20;
    let mut data = Vec::new();
    for index in 0..count.cast_unsigned() {
        let at = iovs
            .cast_unsigned()
            .checked_add(index.checked_mul(8)?)?
            .cast_signed();
        let buffer = host.u32_at(at)?.cast_signed();
        let length = host.u32_at(at.checked_add(4)?)?.cast_signed();
        let piece = host.bytes(buffer, length)?;
        let room = MOST.saturating_sub(data.len());
        data.extend_from_slice(&piece[..piece.len().min(room)]);
        if data.len() == MOST {
            break;
        }
    }
    Some(data)
}

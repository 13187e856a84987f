//! Standard output and error.

use super::state::{Kind, State, Stop};
use super::{Host, errno};
use crate::call::{Chunk, Stream};
use bytes::Bytes;
use wasmtime::Result;

/// Vectors that one call takes; the guest is told how much that was, and comes again.
const MAX_VECTORS: u32 = 1024;

/// Takes what the guest gave, up to the limits, and tells it how much that was.
pub(super) async fn write(
    host: &mut Host<'_>,
    kind: Kind,
    iovs: i32,
    count: i32,
    result: i32,
) -> Result<i32> {
    if host.bytes(result, 4).is_none() {
        return Ok(errno::FAULT);
    }
    let stream = match kind {
        Kind::Stdout => Stream::Stdout,
        Kind::Stderr | Kind::Stdin | Kind::File => Stream::Stderr,
    };
    let room = host.state.room(stream);
    let Some((kept, written)) = gather(host, iovs, count, room) else {
        return Ok(errno::FAULT);
    };
    host.state.take(stream, kept, written).await?;
    let written = u32::try_from(written).unwrap_or(u32::MAX);
    host.write(result, &written.to_le_bytes());
    Ok(errno::SUCCESS)
}

impl State {
    /// How many bytes a stream still takes.
    pub(crate) fn room(&self, stream: Stream) -> usize {
        let (limit, held) = match stream {
            Stream::Stdout => (self.limits.output, self.output.len()),
            Stream::Stderr => (self.limits.stderr, self.stderr.bytes.len()),
        };
        usize::try_from(limit.0).unwrap_or(usize::MAX) - held
    }

    /// Takes what of `written` bytes there is room for, as [`State::room`] says.
    pub(crate) async fn take(&mut self, stream: Stream, kept: Vec<u8>, written: u64) -> Result<()> {
        let over = written > kept.len() as u64;
        if let Some(chunk) = self.keep(stream, kept, written)
            && let Some(live) = &self.live
        {
            // No one listens any more: the run goes on for its result.
            if live.send(chunk).await.is_err() {
                self.live = None;
            }
        }
        if over && stream == Stream::Stdout {
            return Err(Stop::Output.into());
        }
        Ok(())
    }

    /// The same without passing it on: gives what is to be, if somebody listens.
    pub(crate) fn keep(
        &mut self,
        stream: Stream,
        mut kept: Vec<u8>,
        written: u64,
    ) -> Option<Chunk> {
        let taken = kept.len() as u64;
        let live = self.live.is_some();
        self.usage.bytes_written += match stream {
            Stream::Stdout => {
                append(&mut self.output, &mut kept, live);
                taken
            }
            Stream::Stderr => {
                append(&mut self.stderr.bytes, &mut kept, live);
                self.stderr.truncated |= written > taken;
                written
            }
        };
        (live && taken > 0).then(|| Chunk {
            stream,
            bytes: Bytes::from(kept),
        })
    }
}

/// Adds a piece to what was kept. Most tools write once: that piece is kept as it is, unless
/// somebody else needs it too.
fn append(kept: &mut Vec<u8>, piece: &mut Vec<u8>, also_live: bool) {
    if kept.is_empty() && !also_live {
        *kept = std::mem::take(piece);
    } else {
        kept.extend_from_slice(piece);
    }
}

/// What the vectors name, cut off after `room` bytes, and how much it is in all. No more is
/// copied than is kept: a guest can name its whole memory a thousand times over.
fn gather(host: &Host<'_>, iovs: i32, count: i32, room: usize) -> Option<(Vec<u8>, u64)> {
    let mut kept = Vec::new();
    let mut written = 0u64;
    for index in 0..count.cast_unsigned().min(MAX_VECTORS) {
        let at = iovs.cast_unsigned().checked_add(index * 8)?;
        let buffer = host.u32_at(at.cast_signed())?;
        let length = host.u32_at(at.checked_add(4)?.cast_signed())?;
        let after = written + u64::from(length);
        // The count of what was written has 32 bits.
        if after > u64::from(u32::MAX) {
            break;
        }
        let piece = host.bytes(buffer.cast_signed(), length.cast_signed())?;
        kept.extend_from_slice(&piece[..piece.len().min(room - kept.len())]);
        written = after;
    }
    Some((kept, written))
}

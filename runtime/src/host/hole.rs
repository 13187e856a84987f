//! Places beyond a file's end: what a write there adds to the file besides its own bytes.

use super::state::Kind;
use super::{Host, errno};
use wasmtime::Result;

/// Where the size stands in a `filestat` (wasi_snapshot_preview1.witx).
const SIZE: usize = 32;

/// Where a file descriptor stands; 0 where it has no place, as the call itself will say.
pub(super) fn position(host: &mut Host<'_>, fd: i32) -> Result<u64> {
    let mut memory = [0; 8];
    outside!(sync host.state, &mut memory, fd_tell, fd, 0)?;
    Ok(u64::from_le_bytes(memory))
}

/// The bytes between a file's end and a place beyond it. A write there makes the file longer by
/// them as well, so they count as written: on a disk without holes they are.
pub(super) async fn before(host: &mut Host<'_>, fd: i32, at: u64) -> Result<u64> {
    if at == 0 || host.state.descriptors.get(fd) != Some(Kind::File) {
        return Ok(0);
    }
    let mut memory = [0; 64];
    let error = outside!(waits host.state, &mut memory, fd_filestat_get, fd, 0).await?;
    if error != errno::SUCCESS {
        return Ok(0);
    }
    let mut size = [0; 8];
    size.copy_from_slice(&memory[SIZE..SIZE + 8]);
    Ok(at.saturating_sub(u64::from_le_bytes(size)))
}

pub(super) async fn fd_seek(
    host: &mut Host<'_>,
    fd: i32,
    offset: i64,
    whence: i32,
    result: i32,
) -> Result<i32> {
    let error =
        outside!(waits host.state, host.memory, fd_seek, fd, offset, whence, result).await?;
    if error == errno::SUCCESS {
        host.state.sought.insert(fd);
    }
    Ok(error)
}

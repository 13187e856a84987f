//! Where wasmtime-wasi's answers are in a guest's memory.
//!
//! Only what a function wrote is kept, and it is put back where the replayed guest wants it. A
//! call that ends with an error number has written nothing: whatever is wrong with an address is
//! a trap.

/// What a function writes where it succeeds; the numbers are places among its arguments.
enum Output {
    /// Nothing.
    Nothing,
    /// So many bytes at that address.
    Fixed(usize, u32),
    /// A text at that address that has room of that size.
    Text(usize, usize),
    /// A buffer at that address, and how many bytes of it at the other.
    Buffer(usize, usize),
    /// The first vector with room, and how many bytes of it at the other address.
    Vectors(usize, usize, usize),
    /// Events at that address, and how many at the other.
    Events(usize, usize),
}

/// Layout of `event` (wasi_snapshot_preview1.witx).
const EVENT: u32 = 32;

fn output(function: &str) -> Output {
    match function {
        "clock_res_get" | "fd_prestat_get" | "fd_tell" => Output::Fixed(1, 8),
        "clock_time_get" => Output::Fixed(2, 8),
        "fd_fdstat_get" => Output::Fixed(1, 24),
        "fd_filestat_get" => Output::Fixed(1, 64),
        "path_filestat_get" => Output::Fixed(4, 64),
        "fd_prestat_dir_name" => Output::Text(1, 2),
        "fd_pread" => Output::Vectors(1, 2, 4),
        "fd_read" => Output::Vectors(1, 2, 3),
        "fd_readdir" => Output::Buffer(1, 4),
        "path_readlink" => Output::Buffer(3, 5),
        "fd_seek" => Output::Fixed(3, 8),
        "fd_write" => Output::Fixed(3, 4),
        "fd_pwrite" => Output::Fixed(4, 4),
        "path_open" => Output::Fixed(8, 4),
        "poll_oneoff" => Output::Events(1, 3),
        _ => Output::Nothing,
    }
}

/// Takes what a function has written. `longest` is the longest text that there can be.
pub(super) fn taken(
    function: &str,
    arguments: &[i64],
    memory: &[u8],
    longest: usize,
) -> Option<Vec<u8>> {
    let word = |index: usize| arguments.get(index).map(|it| address(*it));
    let slice = |at: u32, length: u32| {
        let at = at as usize;
        memory.get(at..at.checked_add(length as usize)?)
    };
    let u32_at = |at: u32| Some(u32::from_le_bytes(slice(at, 4)?.try_into().ok()?));
    let bytes = match output(function) {
        Output::Nothing => &[],
        Output::Fixed(at, length) => slice(word(at)?, length)?,
        Output::Text(at, length) => {
            let longest = u32::try_from(longest).unwrap_or(u32::MAX);
            slice(word(at)?, word(length)?.min(longest))?
        }
        Output::Buffer(at, length) => slice(word(at)?, u32_at(word(length)?)?)?,
        Output::Vectors(iovs, count, length) => {
            let length = u32_at(word(length)?)?;
            match first(memory, word(iovs)?, word(count)?)? {
                (at, room) if length <= room => slice(at, length)?,
                _ => return None,
            }
        }
        Output::Events(at, count) => slice(word(at)?, u32_at(word(count)?)?.checked_mul(EVENT)?)?,
    };
    Some(bytes.to_vec())
}

/// Puts it where the guest wants it now; `None` where it does not fit.
pub(super) fn put(
    function: &str,
    arguments: &[i64],
    memory: &mut [u8],
    bytes: &[u8],
) -> Option<()> {
    let word = |index: usize| arguments.get(index).map(|it| address(*it));
    let length = u32::try_from(bytes.len()).ok()?;
    let (at, room, count) = match output(function) {
        Output::Nothing => return bytes.is_empty().then_some(()),
        Output::Fixed(at, exact) if exact == length => (word(at)?, exact, None),
        Output::Fixed(..) => return None,
        Output::Text(at, room) => (word(at)?, word(room)?, None),
        Output::Buffer(at, count) => (word(at)?, u32::MAX, Some((word(count)?, length))),
        Output::Vectors(iovs, vectors, count) => {
            let (at, room) = first(memory, word(iovs)?, word(vectors)?)?;
            (at, room, Some((word(count)?, length)))
        }
        Output::Events(at, count) => {
            let whole = length.is_multiple_of(EVENT);
            let room = if whole { u32::MAX } else { 0 };
            (word(at)?, room, Some((word(count)?, length / EVENT)))
        }
    };
    if length > room {
        return None;
    }
    write(memory, at, bytes)?;
    match count {
        Some((at, count)) => write(memory, at, &count.to_le_bytes()),
        None => Some(()),
    }
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "addresses and lengths have 32 bits"
)]
fn address(argument: i64) -> u32 {
    argument as u32
}

fn write(memory: &mut [u8], at: u32, bytes: &[u8]) -> Option<()> {
    let at = at as usize;
    memory
        .get_mut(at..at.checked_add(bytes.len())?)?
        .copy_from_slice(bytes);
    Some(())
}

/// The first vector with room, as wasmtime-wasi chooses it: address and length.
fn first(memory: &[u8], iovs: u32, count: u32) -> Option<(u32, u32)> {
    let u32_at = |at: u32| {
        let at = at as usize;
        let bytes = memory.get(at..at.checked_add(4)?)?;
        Some(u32::from_le_bytes(bytes.try_into().ok()?))
    };
    for index in 0..count {
        let at = iovs.checked_add(index.checked_mul(8)?)?;
        let length = u32_at(at.checked_add(4)?)?;
        if length > 0 {
            return Some((u32_at(at)?, length));
        }
    }
    Some((0, 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_taken_is_put_where_the_guest_wants_it_now() {
        // Vectors at 0: an empty one, then one of 16 bytes at 100; 5 of them were read.
        let mut memory = vec![0; 256];
        memory[8..16].copy_from_slice(&[100, 0, 0, 0, 16, 0, 0, 0]);
        memory[200] = 5;
        memory[100..105].copy_from_slice(b"hello");
        let taken = taken("fd_read", &[3, 0, 2, 200], &memory, 0).expect("inside");
        assert_eq!(taken, b"hello");
        let mut other = vec![0; 256];
        other[64..72].copy_from_slice(&[32, 0, 0, 0, 5, 0, 0, 0]);
        put("fd_read", &[3, 64, 1, 80], &mut other, &taken).expect("it fits");
        assert_eq!((&other[32..37], other[80]), (&b"hello"[..], 5));
        // One byte less of room.
        other[68] = 4;
        assert_eq!(put("fd_read", &[3, 64, 1, 80], &mut other, &taken), None);
        assert_eq!(put("fd_tell", &[3, 0], &mut other, &taken), None);
        assert_eq!(put("fd_tell", &[3, 250], &mut other, &[0; 8]), None);
        assert_eq!(
            put("poll_oneoff", &[0, 0, 1, 64], &mut other, &[0; 33]),
            None
        );
    }
}

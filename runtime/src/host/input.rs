//! What a run is given: standard input, arguments and environment.
//!
//! Every tool reads these, so they are ours for speed alone. What a guest does wrong (pointers
//! that lead nowhere or are not aligned) is left to wasmtime-wasi, whose answer then stands.

use super::state::{State, Stop, Words};
use super::{Host, errno};
use policies::Clocks;
use wasmtime::{Result, bail};
use wasmtime_wasi::p1::wasi_snapshot_preview1 as wasi;
use wiggle::GuestMemory;

/// wasmtime-wasi's function of that name. It answers from what the run was given, which is the
/// same in a replay.
macro_rules! pass {
    ($host:ident, $name:ident, $($arg:expr),*) => {
        wasi::$name(
            $host.state.wasi(),
            &mut GuestMemory::Unshared($host.memory),
            $($arg),*
        )
    };
}

/// The first descriptor that can be a folder.
const FIRST_FOLDER: i32 = 3;

fn aligned(at: i32) -> bool {
    at.cast_unsigned().is_multiple_of(4)
}

/// Reads into the first vector that has room, as wasmtime-wasi does; `None` where the vectors or
/// the result are no good.
///
/// # Errors
/// When what is read does not fit where it is to go: that ends the run.
pub(super) fn read(host: &mut Host<'_>, iovs: i32, count: i32, result: i32) -> Result<Option<u32>> {
    let Some((buffer, room)) = first_vector(host, iovs, count, result) else {
        return Ok(None);
    };
    let state = &mut *host.state;
    let rest = &state.input[state.input_read..];
    let piece = &rest[..rest.len().min(room as usize)];
    // Only what is written has to be inside the memory, not all of the vector.
    if !piece.is_empty() && put(host.memory, buffer, piece).is_none() {
        bail!("standard input was to be read to outside of the memory");
    }
    let length = u32::try_from(piece.len())?;
    state.input_read += piece.len();
    host.write(result, &length.to_le_bytes());
    Ok(Some(length))
}

/// Waits until there is something to read, or, without real clocks, until all input is there.
/// The inner error is WASI's number.
///
/// # Errors
/// When more comes than is allowed: that ends the run.
pub(crate) async fn wait_for_more(state: &mut State) -> Result<Result<(), i32>> {
    let piecemeal = state.clocks == Clocks::Real;
    wait(state, piecemeal).await
}

/// Waits until all input is there.
///
/// # Errors
/// When more comes than is allowed, or it can't be read: that ends the run.
pub(crate) async fn wait_for_all(state: &mut State) -> Result<()> {
    match wait(state, false).await? {
        Ok(()) => Ok(()),
        Err(_) => bail!("standard input can't be read"),
    }
}

async fn wait(state: &mut State, piecemeal: bool) -> Result<Result<(), i32>> {
    while let Some(source) = &state.live_input
        && !(piecemeal && state.input_read < state.input.len())
    {
        if piecemeal {
            // What was read is needed no more. Its length still counts.
            state.input_before += state.input.len();
            state.input.clear();
            state.input_read = 0;
        }
        match source.next(&mut state.input).await {
            Ok(true) => {}
            Ok(false) => state.live_input = None,
            Err(_) => return Ok(Err(errno::IO)),
        }
        let length = state.input_before + state.input.len();
        if length as u64 > state.limits.input.0 {
            return Err(Stop::Input(length).into());
        }
    }
    Ok(Ok(()))
}

/// The first vector with room, if all pointers on the way are right.
fn first_vector(host: &Host<'_>, iovs: i32, count: i32, result: i32) -> Option<(i32, u32)> {
    if !aligned(iovs) || !aligned(result) {
        return None;
    }
    host.bytes(result, 4)?;
    for index in 0..count.cast_unsigned() {
        let at = iovs.cast_unsigned().checked_add(index.checked_mul(8)?)?;
        let buffer = host.u32_at(at.cast_signed())?;
        let length = host.u32_at(at.checked_add(4)?.cast_signed())?;
        if length > 0 {
            return Some((buffer.cast_signed(), length));
        }
    }
    Some((0, 0))
}

/// Words as the guest gets them, one piece after the other; the last of each ends with a NUL.
fn args(words: &Words) -> impl Iterator<Item = [&str; 3]> {
    let program = std::iter::once(Words::PROGRAM);
    program
        .chain(words.args.iter().map(String::as_str))
        .map(|word| [word, "", "\0"])
}

fn env(words: &Words) -> impl Iterator<Item = [&str; 4]> {
    let pairs = words.env.iter();
    pairs.map(|(name, value)| [name.as_str(), "=", value.as_str(), "\0"])
}

/// Writes how many words there are and how many bytes they have.
fn write_sizes<'a, const N: usize>(
    memory: &mut [u8],
    words: impl Iterator<Item = [&'a str; N]>,
    [count_at, size_at]: [i32; 2],
) -> Option<()> {
    let (mut count, mut size) = (0u32, 0u32);
    for word in words {
        let length: usize = word.iter().map(|piece| piece.len()).sum();
        count += 1;
        size = size.checked_add(u32::try_from(length).ok()?)?;
    }
    put(memory, count_at, &count.to_le_bytes())?;
    put(memory, size_at, &size.to_le_bytes())
}

/// Writes where each word is, and the words.
fn write_list<'a, const N: usize>(
    memory: &mut [u8],
    words: impl Iterator<Item = [&'a str; N]>,
    [mut list, mut text]: [i32; 2],
) -> Option<()> {
    for word in words {
        put(memory, list, &text.to_le_bytes())?;
        list = list.cast_unsigned().checked_add(4)?.cast_signed();
        for piece in word {
            put(memory, text, piece.as_bytes())?;
            let length = u32::try_from(piece.len()).ok()?;
            text = text.cast_unsigned().checked_add(length)?.cast_signed();
        }
    }
    Some(())
}

fn put(memory: &mut [u8], at: i32, bytes: &[u8]) -> Option<()> {
    let at = usize::try_from(at.cast_unsigned()).ok()?;
    let place = memory.get_mut(at..at.checked_add(bytes.len())?)?;
    place.copy_from_slice(bytes);
    Some(())
}

macro_rules! words {
    ($($name:ident $write:ident $words:ident ($first:ident, $second:ident) if $($aligned:ident)*;)*) => {$(
        pub(super) async fn $name(
            host: &mut Host<'_>,
            $first: i32,
            $second: i32,
        ) -> Result<i32> {
            let places = [$first, $second];
            if [$($aligned),*].into_iter().all(aligned)
                && $write(host.memory, $words(&host.state.words), places).is_some()
            {
                return Ok(errno::SUCCESS);
            }
            pass!(host, $name, $first, $second)
        }
    )*};
}

words! {
    args_get write_list args (list, text) if list;
    args_sizes_get write_sizes args (count, size) if count size;
    environ_get write_list env (list, text) if list;
    environ_sizes_get write_sizes env (count, size) if count size;
}

/// Every program asks for its folders one by one until there is none.
pub(super) async fn fd_prestat_get(host: &mut Host<'_>, fd: i32, result: i32) -> Result<i32> {
    if fd >= FIRST_FOLDER && host.state.has_no_files() {
        return Ok(errno::BADF);
    }
    outside!(sync host.state, host.memory, fd_prestat_get, fd, result)
}

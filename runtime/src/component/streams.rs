//! `wasi:io/streams` and `wasi:io/error`.
//!
//! Standard streams and those of files are ours: they can always be read and written, wait for
//! the disk where they must, and take at most [`PERMIT`] bytes at once, whatever is asked for. So
//! no guest sees how fast the host is. The others (of the network) are wasmtime-wasi's.

mod of_files;

pub(super) use of_files::{Write, count_written, read_file, take_input, take_output, write_file};

use super::beside::beside;
use super::files::Opened;
use super::poll::Waits;
use crate::call;
use crate::host::{State, wait_for_more};
use wasmtime::component::Resource;
use wasmtime::{Result, bail};
use wasmtime_wasi::p2::bindings::io::streams::{
    Host, HostInputStream, HostOutputStream, StreamError,
};
use wasmtime_wasi::p2::{
    DynInputStream, DynOutputStream, DynPollable, InputStream, IoError, OutputStream, Pollable,
    StreamResult, subscribe,
};

/// What a stream gives or takes at once, in bytes.
pub(super) const PERMIT: u64 = 64 << 10;
/// What the calls that write and flush take at once (wasi:io, `blocking-write-and-flush`).
const FLUSHED: u64 = 4096;

/// What the guest gets from most functions here.
type Answer<T> = Result<std::result::Result<T, StreamError>>;

/// A stream of ours.
pub(super) enum Stream {
    Stdin,
    Stdout,
    Stderr,
    /// Reads a file.
    Read(#[allow(dead_code, reason = "held so that it counts as open")] Opened),
    /// Writes a file.
    Write(Write),
}

/// What stands in the table for a standard stream.
struct Standard;

#[wasmtime_wasi::async_trait]
impl Pollable for Standard {
    async fn ready(&mut self) {}
}

impl InputStream for Standard {
    fn read(&mut self, _: usize) -> StreamResult<bytes::Bytes> {
        Ok(bytes::Bytes::new())
    }
}

impl OutputStream for Standard {
    fn write(&mut self, _: bytes::Bytes) -> StreamResult<()> {
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(0)
    }
}

pub(super) fn push_input(state: &mut State, stream: Stream) -> Result<Resource<DynInputStream>> {
    let standard: DynInputStream = Box::new(Standard);
    let resource = state.parts.table.push(standard)?;
    state.parts.streams.insert(resource.rep(), stream);
    Ok(resource)
}

pub(super) fn push_output(state: &mut State, stream: Stream) -> Result<Resource<DynOutputStream>> {
    let standard: DynOutputStream = Box::new(Standard);
    let resource = state.parts.table.push(standard)?;
    state.parts.streams.insert(resource.rep(), stream);
    Ok(resource)
}

/// What wasmtime-wasi says of its own streams, as the guest gets it.
fn converted<T>(state: &mut State, result: StreamResult<T>) -> Answer<T> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(error) => Ok(Err(state.parts.table.convert_stream_error(error)?)),
    }
}

/// Reads, at most [`PERMIT`] bytes.
async fn take(
    state: &mut State,
    stream: Resource<DynInputStream>,
    length: u64,
    waits: bool,
) -> Answer<Vec<u8>> {
    let length = length.min(PERMIT);
    let room = usize::try_from(length)?;
    let bytes = match state.parts.streams.get(&stream.rep()) {
        Some(Stream::Stdin) => {
            if state.live_input.is_some() && Box::pin(wait_for_more(state)).await?.is_err() {
                bail!("standard input can't be read");
            }
            let rest = &state.input[state.input_read..];
            if rest.is_empty() {
                return Ok(Err(StreamError::Closed));
            }
            let piece = rest[..rest.len().min(room)].to_vec();
            state.input_read += piece.len();
            piece
        }
        Some(Stream::Read(_)) => {
            if room == 0 {
                return Ok(Ok(Vec::new()));
            }
            let file = if state.replays() {
                None
            } else {
                Some(state.parts.table.get_mut(&stream)?)
            };
            let result = read_file(state.tape.as_ref(), file, room).await;
            match converted(state, result)? {
                Ok(bytes) => bytes.into(),
                Err(error) => return Ok(Err(error)),
            }
        }
        Some(_) => bail!("a stream that is written can't be read"),
        None => {
            let (tape, parts) = (state.tape.as_ref(), &mut state.parts);
            let table = &mut parts.table;
            let result = if waits {
                let read = table.blocking_read(stream, length);
                beside(tape, &mut parts.networking, read).await?
            } else {
                HostInputStream::read(table, stream, length)
            };
            return converted(state, result);
        }
    };
    state.usage.bytes_read += bytes.len() as u64;
    Ok(Ok(bytes))
}

/// Writes to a stream of ours all that is given.
async fn put(
    state: &mut State,
    stream: &Resource<DynOutputStream>,
    mut bytes: Vec<u8>,
) -> Answer<()> {
    let standard = match state.parts.streams.get(&stream.rep()) {
        Some(Stream::Stdout) => call::Stream::Stdout,
        Some(Stream::Stderr) => call::Stream::Stderr,
        Some(Stream::Write(_)) => return put_file(state, stream, bytes).await,
        _ => bail!("a stream that is read can't be written"),
    };
    let written = bytes.len() as u64;
    bytes.truncate(state.room(standard));
    state.take(standard, bytes, written).await?;
    Ok(Ok(()))
}

async fn put_file(
    state: &mut State,
    stream: &Resource<DynOutputStream>,
    bytes: Vec<u8>,
) -> Answer<()> {
    let Some(Stream::Write(write)) = state.parts.streams.get(&stream.rep()) else {
        bail!("this stream writes no file");
    };
    let length = bytes.len() as u64;
    if length == 0 {
        return Ok(Ok(()));
    }
    let hole = match write.clone().may(state, "output-stream.write", length)? {
        Ok(hole) => hole,
        Err(code) => {
            let error = state.parts.table.push(IoError::from(code))?;
            return Ok(Err(StreamError::LastOperationFailed(error)));
        }
    };
    let file = if state.replays() {
        None
    } else {
        Some(state.parts.table.get_mut(stream)?)
    };
    let result = write_file(state.tape.as_ref(), file, bytes).await;
    if result.is_ok() {
        count_written(state, hole, length);
        if let Some(Stream::Write(write)) = state.parts.streams.get_mut(&stream.rep()) {
            write.wrote(length);
        }
    }
    converted(state, result)
}

fn is_ours(state: &State, stream: u32) -> bool {
    state.parts.streams.contains_key(&stream)
}

/// What whoever waits for a stream waits for.
fn waits(state: &State, stream: u32) -> Option<Waits> {
    if is_ours(state, stream) {
        return Some(Waits::Never);
    }
    let outside = state.parts.outside.contains(&stream);
    outside.then_some(Waits::Outside)
}

pub(super) async fn read(
    state: &mut State,
    stream: Resource<DynInputStream>,
    length: u64,
) -> Answer<Vec<u8>> {
    take(state, stream, length, false).await
}

pub(super) async fn blocking_read(
    state: &mut State,
    stream: Resource<DynInputStream>,
    length: u64,
) -> Answer<Vec<u8>> {
    take(state, stream, length, true).await
}

pub(super) async fn skip(
    state: &mut State,
    stream: Resource<DynInputStream>,
    length: u64,
) -> Answer<u64> {
    let skipped = take(state, stream, length, false).await?;
    Ok(skipped.map(|bytes| bytes.len() as u64))
}

pub(super) async fn blocking_skip(
    state: &mut State,
    stream: Resource<DynInputStream>,
    length: u64,
) -> Answer<u64> {
    let skipped = take(state, stream, length, true).await?;
    Ok(skipped.map(|bytes| bytes.len() as u64))
}

pub(super) async fn subscribe_input(
    state: &mut State,
    stream: Resource<DynInputStream>,
) -> Result<Resource<DynPollable>> {
    let waits = waits(state, stream.rep());
    let pollable = subscribe(&mut state.parts.table, stream)?;
    if let Some(waits) = waits {
        state.parts.waits.insert(pollable.rep(), waits);
    }
    Ok(pollable)
}

pub(super) async fn drop_input(state: &mut State, stream: Resource<DynInputStream>) -> Result<()> {
    let rep = stream.rep();
    let mut stream = state.parts.table.delete(stream)?;
    forget(state, rep);
    stream.cancel().await;
    Ok(())
}

pub(super) async fn check_write(
    state: &mut State,
    stream: Resource<DynOutputStream>,
) -> Answer<u64> {
    if is_ours(state, stream.rep()) {
        return Ok(Ok(PERMIT));
    }
    let result = HostOutputStream::check_write(&mut state.parts.table, stream);
    converted(state, result)
}

pub(super) async fn write(
    state: &mut State,
    stream: Resource<DynOutputStream>,
    bytes: Vec<u8>,
) -> Answer<()> {
    if !is_ours(state, stream.rep()) {
        let result = HostOutputStream::write(&mut state.parts.table, stream, bytes);
        return converted(state, result);
    }
    if bytes.len() as u64 > PERMIT {
        bail!(
            "{} bytes were written at once where {PERMIT} are allowed (check-write)",
            bytes.len()
        );
    }
    put(state, &stream, bytes).await
}

pub(super) async fn blocking_write_and_flush(
    state: &mut State,
    stream: Resource<DynOutputStream>,
    bytes: Vec<u8>,
) -> Answer<()> {
    if bytes.len() as u64 > FLUSHED {
        bail!(
            "{} bytes were written at once where {FLUSHED} are allowed",
            bytes.len()
        );
    }
    if !is_ours(state, stream.rep()) {
        let (tape, parts) = (state.tape.as_ref(), &mut state.parts);
        let write = HostOutputStream::blocking_write_and_flush(&mut parts.table, stream, bytes);
        let result = beside(tape, &mut parts.networking, write).await?;
        return converted(state, result);
    }
    put(state, &stream, bytes).await
}

pub(super) async fn write_zeroes(
    state: &mut State,
    stream: Resource<DynOutputStream>,
    length: u64,
) -> Answer<()> {
    if length > PERMIT {
        bail!("{length} zeroes were written at once where {PERMIT} are allowed (check-write)");
    }
    write(state, stream, vec![0; usize::try_from(length)?]).await
}

pub(super) async fn blocking_write_zeroes_and_flush(
    state: &mut State,
    stream: Resource<DynOutputStream>,
    length: u64,
) -> Answer<()> {
    if length > FLUSHED {
        bail!("{length} zeroes were written at once where {FLUSHED} are allowed");
    }
    blocking_write_and_flush(state, stream, vec![0; usize::try_from(length)?]).await
}

pub(super) async fn flush(state: &mut State, stream: Resource<DynOutputStream>) -> Answer<()> {
    if is_ours(state, stream.rep()) {
        return Ok(Ok(()));
    }
    let result = HostOutputStream::flush(&mut state.parts.table, stream);
    converted(state, result)
}

pub(super) async fn blocking_flush(
    state: &mut State,
    stream: Resource<DynOutputStream>,
) -> Answer<()> {
    if is_ours(state, stream.rep()) {
        return Ok(Ok(()));
    }
    let (tape, parts) = (state.tape.as_ref(), &mut state.parts);
    let flush = HostOutputStream::blocking_flush(&mut parts.table, stream);
    let result = beside(tape, &mut parts.networking, flush).await?;
    converted(state, result)
}

pub(super) async fn subscribe_output(
    state: &mut State,
    stream: Resource<DynOutputStream>,
) -> Result<Resource<DynPollable>> {
    let waits = waits(state, stream.rep());
    let pollable = subscribe(&mut state.parts.table, stream)?;
    if let Some(waits) = waits {
        state.parts.waits.insert(pollable.rep(), waits);
    }
    Ok(pollable)
}

pub(super) async fn splice(
    state: &mut State,
    to: Resource<DynOutputStream>,
    from: Resource<DynInputStream>,
    length: u64,
) -> Answer<u64> {
    spliced(state, to, from, length, false).await
}

pub(super) async fn blocking_splice(
    state: &mut State,
    to: Resource<DynOutputStream>,
    from: Resource<DynInputStream>,
    length: u64,
) -> Answer<u64> {
    spliced(state, to, from, length, true).await
}

async fn spliced(
    state: &mut State,
    to: Resource<DynOutputStream>,
    from: Resource<DynInputStream>,
    length: u64,
    waits: bool,
) -> Answer<u64> {
    let permit = if is_ours(state, to.rep()) {
        Ok(PERMIT)
    } else {
        let (tape, parts) = (state.tape.as_ref(), &mut state.parts);
        let stream = parts.table.get_mut(&to)?;
        let result = if waits {
            beside(tape, &mut parts.networking, stream.write_ready()).await?
        } else {
            stream.check_write()
        };
        converted(state, result.map(|permit| permit as u64))?
    };
    let length = match permit {
        Ok(permit) => length.min(permit),
        Err(error) => return Ok(Err(error)),
    };
    if length == 0 {
        return Ok(Ok(0));
    }
    let bytes = match take(state, from, length, waits).await? {
        Ok(bytes) => bytes,
        Err(error) => return Ok(Err(error)),
    };
    let moved = bytes.len() as u64;
    let written = if bytes.is_empty() {
        Ok(())
    } else if is_ours(state, to.rep()) {
        put(state, &to, bytes).await?
    } else {
        let (tape, parts) = (state.tape.as_ref(), &mut state.parts);
        let stream = parts.table.get_mut(&to)?;
        let result = if waits {
            let write = stream.blocking_write_and_flush(bytes.into());
            beside(tape, &mut parts.networking, write).await?
        } else {
            stream.write(bytes.into())
        };
        converted(state, result)?
    };
    Ok(written.map(|()| moved))
}

pub(super) async fn drop_output(
    state: &mut State,
    stream: Resource<DynOutputStream>,
) -> Result<()> {
    let rep = stream.rep();
    let mut stream = state.parts.table.delete(stream)?;
    forget(state, rep);
    stream.cancel().await;
    Ok(())
}

fn forget(state: &mut State, stream: u32) {
    state.parts.outside.remove(&stream);
    state.parts.streams.remove(&stream);
}

/// `wasi:io/error`: as text that names no place of the host.
pub(super) async fn error_text(state: &mut State, error: Resource<IoError>) -> Result<String> {
    let error = state.parts.table.get(&error)?;
    Ok(crate::run::shortened(format!("{error:#}")))
}

pub(super) async fn drop_error(state: &mut State, error: Resource<IoError>) -> Result<()> {
    state.parts.table.delete(error)?;
    Ok(())
}

//! What streams of files do, in WASI 0.2 and 0.3 alike.

use super::Stream;
use crate::component::files::{self, Opened};
use crate::component::kept::{keep_stream, told_stream};
use crate::host::State;
use crate::record::Tape;
use std::sync::Arc;
use wasmtime::component::Resource;
use wasmtime::{Result, bail};
use wasmtime_wasi::p2::bindings::filesystem::types::ErrorCode;
use wasmtime_wasi::p2::{DynInputStream, DynOutputStream, StreamError, StreamResult};

/// What wasmtime-wasi's streams of files answer, as recordings name it.
const READ: &str = "file read by a stream";
const WRITTEN: &str = "file written by a stream";

/// Where a stream writes a file.
#[derive(Clone)]
pub(in crate::component) struct Write {
    pub(in crate::component) opened: Opened,
    /// `None` in a replay.
    pub(in crate::component) file: Option<Arc<std::fs::File>>,
    /// `None` at the file's end, wherever that is.
    pub(in crate::component) at: Option<u64>,
}

/// Reads a file, or tells what was read then.
pub(in crate::component) async fn read_file(
    tape: Option<&Tape>,
    file: Option<&mut DynInputStream>,
    room: usize,
) -> StreamResult<bytes::Bytes> {
    if let Some(told) = told_stream(tape, READ) {
        return told;
    }
    let result = match file {
        Some(file) => file.blocking_read(room).await,
        None => Err(no_file()),
    };
    keep_stream(tape, READ, result)
}

/// Writes to a file, or tells what came of that then.
pub(in crate::component) async fn write_file(
    tape: Option<&Tape>,
    file: Option<&mut DynOutputStream>,
    bytes: Vec<u8>,
) -> StreamResult<()> {
    if let Some(told) = told_stream(tape, WRITTEN) {
        return told;
    }
    let result = match file {
        Some(file) => file.blocking_write_and_flush(bytes.into()).await,
        None => Err(no_file()),
    };
    keep_stream(tape, WRITTEN, result)
}

fn no_file() -> StreamError {
    StreamError::Trap(wasmtime::Error::msg("a file that was never opened"))
}

impl Write {
    /// Whether so many bytes may be written there; what of a hole is filled with them.
    pub(in crate::component) fn may(
        &self,
        state: &mut State,
        what: &str,
        length: u64,
    ) -> Result<std::result::Result<u64, ErrorCode>> {
        let hole = files::hole(state, self.file.as_deref(), self.at)?;
        let all = length.saturating_add(hole);
        Ok(files::may_write(state, what, &self.opened.name, all).map(|()| hole))
    }

    /// So many bytes were written there.
    pub(in crate::component) fn wrote(&mut self, length: u64) {
        if let Some(at) = &mut self.at {
            *at += length;
        }
    }
}

/// Bytes were written to a file, and so many before them filled a hole.
pub(in crate::component) fn count_written(state: &mut State, hole: u64, length: u64) {
    state.file_bytes += hole + length;
    state.usage.bytes_written += length;
}

/// A stream that reads a file, out of the table, and what it holds open.
pub(in crate::component) fn take_input(
    state: &mut State,
    stream: Resource<DynInputStream>,
) -> Result<(DynInputStream, Option<Opened>)> {
    let rep = stream.rep();
    let file = state.parts.table.delete(stream)?;
    let opened = match state.parts.streams.remove(&rep) {
        Some(Stream::Read(opened)) => Some(opened),
        _ => None,
    };
    Ok((file, opened))
}

/// A stream that writes a file, out of the table, and where it does.
pub(in crate::component) fn take_output(
    state: &mut State,
    stream: Resource<DynOutputStream>,
) -> Result<(DynOutputStream, Write)> {
    let rep = stream.rep();
    let file = state.parts.table.delete(stream)?;
    match state.parts.streams.remove(&rep) {
        Some(Stream::Write(write)) => Ok((file, write)),
        _ => bail!("this stream writes no file"),
    }
}

//! Streams of files and folders in WASI 0.3: the guest's end is the engine's, ours is here. Each
//! piece is a host call, counted and limited like one of WASI 0.2.

use super::convert::Newer;
use super::wait::at_once;
use crate::component::files::{Opened, code_of};
use crate::component::sight::Listing;
use crate::component::streams::{Write, count_written, read_file, write_file};
use crate::component::words::words;
use crate::host::State;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::sync::oneshot;
use wasmtime::component::{
    Destination, FutureReader, Source, StreamConsumer, StreamProducer, StreamResult, VecBuffer,
};
use wasmtime::{AsContextMut as _, Result, StoreContextMut};
use wasmtime_wasi::p2::bindings::filesystem::types::ErrorCode as OlderCode;
use wasmtime_wasi::p2::{DynInputStream, DynOutputStream, IoError, StreamError};
use wasmtime_wasi::p3::bindings::filesystem::types::{DirectoryEntry, ErrorCode};

/// What a stream gives or takes at once, in bytes.
const PIECE: usize = 64 << 10;
/// Entries of a folder that are given at once.
const ENTRIES: usize = 256;

type Outcome = std::result::Result<(), ErrorCode>;

/// How a stream ends, to be told once; well, where nothing was said.
pub(super) struct Told(Option<oneshot::Sender<Outcome>>);

impl Told {
    pub(super) fn tell(mut self, outcome: Outcome) {
        self.say(outcome);
    }

    fn say(&mut self, outcome: Outcome) {
        if let Some(told) = self.0.take() {
            // Whoever does not want to know has dropped the other end.
            let _ = told.send(outcome);
        }
    }
}

/// What the guest learns of a stream's end, and who says it.
pub(super) fn ended(
    store: &mut StoreContextMut<'_, State>,
) -> Result<(Told, FutureReader<Outcome>)> {
    let (told, end) = oneshot::channel();
    let end = FutureReader::new(store, async move {
        wasmtime::error::Ok(end.await.unwrap_or(Ok(())))
    })?;
    Ok((Told(Some(told)), end))
}

/// An error of a stream, as its end.
fn failed(error: &IoError) -> Outcome {
    Err(code_of(error).unwrap_or(OlderCode::Io).newer())
}

/// Reads a file.
pub(super) struct Reads {
    file: DynInputStream,
    /// Held so that it counts as open.
    _opened: Option<Opened>,
    told: Told,
}

impl Reads {
    pub(super) fn new(file: DynInputStream, opened: Option<Opened>, told: Told) -> Self {
        Self {
            file,
            _opened: opened,
            told,
        }
    }

    fn produce(
        &mut self,
        mut store: StoreContextMut<'_, State>,
        to: Destination<'_, u8, bytes::BytesMut>,
    ) -> Result<StreamResult> {
        let room = to.remaining(store.as_context_mut()).unwrap_or(PIECE);
        if room == 0 {
            return Ok(StreamResult::Completed);
        }
        let room = room.min(PIECE);
        let length = room as u64;
        let file = &mut self.file;
        let read = at_once(
            &mut store,
            "wasi:filesystem/types read from a stream",
            || words!(length),
            async move |state| {
                let read = read_file(state.tape.as_ref(), Some(file), room).await;
                if let Ok(bytes) = &read {
                    state.usage.bytes_read += bytes.len() as u64;
                }
                Ok(read)
            },
        )?;
        match read {
            Ok(bytes) => {
                let mut to = to.as_direct(store, bytes.len());
                to.remaining()[..bytes.len()].copy_from_slice(&bytes);
                to.mark_written(bytes.len());
                Ok(StreamResult::Completed)
            }
            Err(StreamError::Closed) => {
                self.told.say(Ok(()));
                Ok(StreamResult::Dropped)
            }
            Err(StreamError::LastOperationFailed(error)) => {
                self.told.say(failed(&error));
                Ok(StreamResult::Dropped)
            }
            Err(StreamError::Trap(error)) => Err(error),
        }
    }
}

impl StreamProducer<State> for Reads {
    type Item = u8;
    type Buffer = bytes::BytesMut;

    fn poll_produce<'a>(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        store: StoreContextMut<'a, State>,
        to: Destination<'a, u8, Self::Buffer>,
        _: bool,
    ) -> Poll<Result<StreamResult>> {
        Poll::Ready(self.produce(store, to))
    }
}

/// Writes a file.
pub(super) struct Writes {
    file: DynOutputStream,
    write: Write,
    told: Told,
}

impl Writes {
    pub(super) fn new(file: DynOutputStream, write: Write, told: Told) -> Self {
        Self { file, write, told }
    }

    fn consume(
        &mut self,
        mut store: StoreContextMut<'_, State>,
        mut from: Source<'_, u8>,
    ) -> Result<StreamResult> {
        let bytes = {
            let mut from = from.reborrow().as_direct(store.as_context_mut());
            let given = from.remaining();
            given[..given.len().min(PIECE)].to_vec()
        };
        let written = bytes.len();
        if written == 0 {
            return Ok(StreamResult::Completed);
        }
        let words = words!(bytes);
        let (file, write) = (&mut self.file, &mut self.write);
        let outcome = at_once(
            &mut store,
            "wasi:filesystem/types write to a stream",
            || words,
            async move |state| put(state, file, write, bytes).await,
        )?;
        if outcome.is_err() {
            self.told.say(outcome);
            return Ok(StreamResult::Dropped);
        }
        from.as_direct(store).mark_read(written);
        Ok(StreamResult::Completed)
    }
}

/// Writes all of it, if there may be so much.
async fn put(
    state: &mut State,
    file: &mut DynOutputStream,
    write: &mut Write,
    bytes: Vec<u8>,
) -> Result<Outcome> {
    let length = bytes.len() as u64;
    let hole = match write.may(state, "write-via-stream", length)? {
        Ok(hole) => hole,
        Err(code) => return Ok(Err(code.newer())),
    };
    match write_file(state.tape.as_ref(), Some(file), bytes).await {
        Ok(()) => {
            count_written(state, hole, length);
            write.wrote(length);
            Ok(Ok(()))
        }
        Err(StreamError::Closed) => Ok(Err(ErrorCode::Pipe)),
        Err(StreamError::LastOperationFailed(error)) => Ok(failed(&error)),
        Err(StreamError::Trap(error)) => Err(error),
    }
}

impl StreamConsumer<State> for Writes {
    type Item = u8;

    fn poll_consume(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        store: StoreContextMut<'_, State>,
        from: Source<'_, u8>,
        _: bool,
    ) -> Poll<Result<StreamResult>> {
        Poll::Ready(self.consume(store, from))
    }
}

/// Lists a folder.
pub(super) struct Entries {
    listing: Listing,
    told: Told,
}

impl Entries {
    pub(super) fn new(listing: Listing, told: Told) -> Self {
        Self { listing, told }
    }
}

impl StreamProducer<State> for Entries {
    type Item = DirectoryEntry;
    type Buffer = VecBuffer<DirectoryEntry>;

    fn poll_produce<'a>(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        mut store: StoreContextMut<'a, State>,
        mut to: Destination<'a, DirectoryEntry, Self::Buffer>,
        _: bool,
    ) -> Poll<Result<StreamResult>> {
        let room = to.remaining(store.as_context_mut()).unwrap_or(ENTRIES);
        let room = room.min(ENTRIES);
        if room == 0 {
            return Poll::Ready(Ok(StreamResult::Completed));
        }
        let count = room as u64;
        let listing = &mut self.listing;
        let entries = at_once(
            &mut store,
            "wasi:filesystem/types read from a listing",
            || words!(count),
            async move |state| Ok(listing.take(state, room)),
        );
        let entries = match entries {
            Ok(entries) => entries,
            Err(error) => return Poll::Ready(Err(error)),
        };
        if entries.is_empty() {
            self.told.say(Ok(()));
            return Poll::Ready(Ok(StreamResult::Dropped));
        }
        let entries: Vec<_> = entries.into_iter().map(Newer::newer).collect();
        to.set_buffer(entries.into());
        Poll::Ready(Ok(StreamResult::Completed))
    }
}

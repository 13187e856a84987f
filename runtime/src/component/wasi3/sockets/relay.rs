//! Bytes of a connection on their way between the guest's stream and wasmtime-wasi's, which knows
//! nothing of limits: here every byte is counted.
//!
//! Nothing is taken before somebody wants it, and never more than they do: what comes in is
//! counted when the guest reads it, what goes out before it is handed on.

use super::Outcome;
use crate::component::parts::Share;
use crate::host::State;
use crate::network::{Network, Refusal};
use bytes::BytesMut;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use tokio::sync::oneshot;
use wasmtime::component::{
    Destination, FutureConsumer, FutureReader, Source, StreamConsumer, StreamProducer, StreamResult,
};
use wasmtime::{AsContextMut as _, Result, StoreContextMut};
use wasmtime_wasi::p3::bindings::sockets::types::ErrorCode;

/// What is carried at once, in bytes.
const PIECE: usize = 64 << 10;

/// Which way bytes go.
#[derive(Clone, Copy)]
pub(super) enum Way {
    Out,
    In,
}

/// What both ends know.
#[derive(Default)]
struct Between {
    /// Taken, and not given yet.
    bytes: BytesMut,
    /// How many more are wanted.
    wanted: usize,
    /// Nothing more comes.
    ended: bool,
    /// Nobody wants anything any more.
    dropped: bool,
    /// A limit said no.
    refused: bool,
    /// Who waits for bytes, and who for somebody to want them.
    gives: Option<Waker>,
    takes: Option<Waker>,
}

#[derive(Clone, Default)]
struct Both(Arc<Mutex<Between>>);

impl Both {
    fn lock(&self) -> MutexGuard<'_, Between> {
        // It is whole after each step.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Both ends, and who knows how it went.
pub(super) fn relay(
    network: Network,
    way: Way,
    socket: Option<Arc<Share>>,
) -> (Takes, Gives, Went) {
    let both = Both::default();
    let takes = Takes {
        both: both.clone(),
        network,
        way,
        _socket: socket.clone(),
    };
    let gives = Gives {
        both: both.clone(),
        _socket: socket,
    };
    (takes, gives, Went(both))
}

/// Takes what comes.
pub(super) struct Takes {
    both: Both,
    network: Network,
    way: Way,
    /// A connection counts as open as long as anything holds it.
    _socket: Option<Arc<Share>>,
}

impl Takes {
    fn count(&self, bytes: usize) -> std::result::Result<(), Refusal> {
        match self.way {
            Way::Out => self.network.sends("tcp send", bytes),
            Way::In => self.network.receives("tcp receive", bytes),
        }
    }

    /// As much as may be taken of so much: where nothing more may come in, one byte tells whether
    /// there is more.
    fn most(&self, wanted: usize) -> usize {
        match self.way {
            Way::Out => wanted,
            Way::In => {
                let left = usize::try_from(self.network.bytes_left()).unwrap_or(usize::MAX);
                wanted.min(left.max(1))
            }
        }
    }
}

impl Drop for Takes {
    fn drop(&mut self) {
        let mut between = self.both.lock();
        between.ended = true;
        if let Some(waker) = between.gives.take() {
            waker.wake();
        }
    }
}

impl StreamConsumer<State> for Takes {
    type Item = u8;

    fn poll_consume(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        mut store: StoreContextMut<'_, State>,
        from: Source<'_, u8>,
        finish: bool,
    ) -> Poll<Result<StreamResult>> {
        let mut between = self.both.lock();
        if between.dropped {
            return Poll::Ready(Ok(StreamResult::Dropped));
        }
        let mut from = from.as_direct(store.as_context_mut());
        let given = from.remaining();
        if given.is_empty() {
            return Poll::Ready(Ok(StreamResult::Completed));
        }
        if between.wanted == 0 || !between.bytes.is_empty() {
            if finish {
                return Poll::Ready(Ok(StreamResult::Cancelled));
            }
            between.takes = Some(context.waker().clone());
            return Poll::Pending;
        }
        let taken = given.len().min(self.most(between.wanted.min(PIECE)));
        between.wanted = 0;
        let counted = self.count(taken);
        if counted.is_ok() {
            between.bytes.extend_from_slice(&given[..taken]);
            from.mark_read(taken);
        } else {
            between.refused = true;
            between.ended = true;
        }
        if let Some(waker) = between.gives.take() {
            waker.wake();
        }
        Poll::Ready(Ok(match counted {
            Ok(()) => StreamResult::Completed,
            Err(_) => StreamResult::Dropped,
        }))
    }
}

/// Gives what was taken.
pub(super) struct Gives {
    both: Both,
    _socket: Option<Arc<Share>>,
}

impl Drop for Gives {
    fn drop(&mut self) {
        let mut between = self.both.lock();
        between.dropped = true;
        if let Some(waker) = between.takes.take() {
            waker.wake();
        }
    }
}

impl StreamProducer<State> for Gives {
    type Item = u8;
    type Buffer = BytesMut;

    fn poll_produce<'a>(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        mut store: StoreContextMut<'a, State>,
        to: Destination<'a, u8, Self::Buffer>,
        finish: bool,
    ) -> Poll<Result<StreamResult>> {
        let room = to.remaining(store.as_context_mut()).unwrap_or(PIECE);
        if room == 0 {
            return Poll::Ready(Ok(StreamResult::Completed));
        }
        let mut between = self.both.lock();
        if between.bytes.is_empty() {
            if between.ended {
                return Poll::Ready(Ok(StreamResult::Dropped));
            }
            if finish {
                between.wanted = 0;
                return Poll::Ready(Ok(StreamResult::Cancelled));
            }
            between.wanted = room;
            between.gives = Some(context.waker().clone());
            if let Some(waker) = between.takes.take() {
                waker.wake();
            }
            return Poll::Pending;
        }
        let length = room.min(between.bytes.len());
        let bytes = between.bytes.split_to(length);
        drop(between);
        let mut to = to.as_direct(store, length);
        to.remaining()[..length].copy_from_slice(&bytes);
        to.mark_written(length);
        Poll::Ready(Ok(StreamResult::Completed))
    }
}

/// How it went.
pub(super) struct Went(Both);

impl Went {
    /// What the guest learns of the end: what wasmtime-wasi says of it, unless a limit ended it.
    pub(super) fn told(
        self,
        store: &mut StoreContextMut<'_, State>,
        theirs: FutureReader<Outcome>,
    ) -> Result<FutureReader<Outcome>> {
        let (told, end) = oneshot::channel();
        theirs.pipe(&mut *store, Tells(Some(told)))?;
        FutureReader::new(&mut *store, async move {
            let outcome = end.await.unwrap_or(Ok(()));
            let refused = self.0.lock().refused;
            wasmtime::error::Ok(if refused {
                Err(ErrorCode::AccessDenied)
            } else {
                outcome
            })
        })
    }
}

/// Passes on what a future gives.
struct Tells(Option<oneshot::Sender<Outcome>>);

impl FutureConsumer<State> for Tells {
    type Item = Outcome;

    fn poll_consume(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        mut store: StoreContextMut<'_, State>,
        mut from: Source<'_, Outcome>,
        _: bool,
    ) -> Poll<Result<()>> {
        let mut outcome = None;
        from.read(store.as_context_mut(), &mut outcome)?;
        if let (Some(told), Some(outcome)) = (self.0.take(), outcome) {
            // Whoever does not want to know has dropped the other end.
            let _ = told.send(outcome);
        }
        Poll::Ready(Ok(()))
    }
}

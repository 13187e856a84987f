//! Events from any point on, and then as they happen.

use crate::status;
use crate::store::Store;
use crate::{proto, proto::WatchEventsRequest};
use futures::Stream;
use futures::stream;
use kbi::Event;
use runtime::CancellationToken;
use std::collections::VecDeque;
use tokio::sync::watch;
use tonic::Status;

/// How many are read at once.
const BATCH: u32 = 256;

struct Reader {
    store: Store,
    closing: CancellationToken,
    moves: watch::Receiver<u64>,
    last: u64,
    /// Where to stop, if anywhere.
    until: Option<u64>,
    ready: VecDeque<Event>,
}

/// The events that a request asks for.
pub(crate) async fn follow(
    store: Store,
    closing: CancellationToken,
    request: &WatchEventsRequest,
) -> Result<impl Stream<Item = Result<proto::Event, Status>> + Send + use<>, Status> {
    let until = if request.stop_at_end {
        Some(store.read(|kb| kb.last_event()).await?)
    } else {
        None
    };
    let reader = Reader {
        moves: store.moves(),
        store,
        closing,
        // Databases count to here; nobody waits for what comes after.
        last: request.after_sequence.min(i64::MAX.unsigned_abs()),
        until,
        ready: VecDeque::new(),
    };
    Ok(stream::unfold(Some(reader), |reader| async move {
        let mut reader = reader?;
        match reader.next().await {
            Ok(Some(event)) => Some((Ok((&event).into()), Some(reader))),
            Ok(None) => None,
            Err(status) => Some((Err(status), None)),
        }
    }))
}

impl Reader {
    async fn next(&mut self) -> Result<Option<Event>, Status> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                self.last = event.sequence;
                return Ok(Some(event));
            }
            if self.until.is_some_and(|until| self.last >= until) {
                return Ok(None);
            }
            // Before reading: a move made after that changes it again.
            self.moves.borrow_and_update();
            let (last, until) = (self.last, self.until.unwrap_or(u64::MAX));
            let events = self
                .store
                .read(move |kb| kb.events_after(last, BATCH))
                .await?;
            self.ready
                .extend(events.into_iter().filter(|event| event.sequence <= until));
            if self.ready.is_empty() {
                tokio::select! {
                    biased;
                    () = self.closing.cancelled() => return Err(status::closing()),
                    changed = self.moves.changed() => if changed.is_err() {
                        return Err(status::closing());
                    },
                }
            }
        }
    }
}

//! The knowledge base, from asynchronous code.

use crate::status;
use crate::telemetry::Origins;
use kbi::{KbiError, KnowledgeBase};
use runtime::CancellationToken;
use std::sync::Arc;
use tokio::sync::watch;
use tonic::Status;

/// The knowledge base, called where blocking is allowed. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Store {
    kb: Arc<dyn KnowledgeBase>,
    /// Counts the moves made through this service. The service holds the data folder's lock, so
    /// nobody else makes any.
    moves: watch::Sender<u64>,
    closing: CancellationToken,
    origins: Arc<Origins>,
}

impl Store {
    /// `closing` is when callers may change nothing any more.
    pub(crate) fn new(kb: Arc<dyn KnowledgeBase>, closing: CancellationToken) -> Self {
        Self {
            kb,
            moves: watch::Sender::new(0),
            closing,
            origins: Arc::default(),
        }
    }

    /// Reads.
    pub(crate) async fn read<T, F>(&self, work: F) -> Result<T, Status>
    where
        T: Send + 'static,
        F: FnOnce(&dyn KnowledgeBase) -> Result<T, KbiError> + Send + 'static,
    {
        match self.try_read(work).await? {
            Ok(value) => Ok(value),
            Err(error) => Err(status::of_kbi(&error)),
        }
    }

    /// Reads, where blocking is allowed, with the knowledge base's own error.
    pub(crate) fn blocking_read<T>(
        &self,
        work: impl FnOnce(&dyn KnowledgeBase) -> Result<T, KbiError>,
    ) -> Result<T, KbiError> {
        work(&*self.kb)
    }

    /// Reads, with the knowledge base's own error.
    pub(crate) async fn try_read<T, F>(&self, work: F) -> Result<Result<T, KbiError>, Status>
    where
        T: Send + 'static,
        F: FnOnce(&dyn KnowledgeBase) -> Result<T, KbiError> + Send + 'static,
    {
        self.run(work).await
    }

    /// Makes a move for a caller, and tells those who wait for one before it is answered.
    ///
    /// The work goes on to its end when the caller goes away, and so does the telling.
    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T, Status>
    where
        T: Send + 'static,
        F: FnOnce(&dyn KnowledgeBase) -> Result<T, KbiError> + Send + 'static,
    {
        if self.closing.is_cancelled() {
            return Err(status::closing());
        }
        match self.try_write(work).await? {
            Ok(value) => Ok(value),
            Err(error) => Err(status::of_kbi(&error)),
        }
    }

    /// Makes a move for the service itself, with the knowledge base's own error.
    pub(crate) async fn try_write<T, F>(&self, work: F) -> Result<Result<T, KbiError>, Status>
    where
        T: Send + 'static,
        F: FnOnce(&dyn KnowledgeBase) -> Result<T, KbiError> + Send + 'static,
    {
        let moves = self.moves.clone();
        self.run(move |kb| {
            let result = work(kb);
            if result.is_ok() {
                moves.send_modify(|count| *count += 1);
            }
            result
        })
        .await
    }

    /// In which traces proposals came in.
    pub(crate) fn origins(&self) -> &Origins {
        &self.origins
    }

    /// How many moves were made so far.
    pub(crate) fn move_count(&self) -> u64 {
        *self.moves.borrow()
    }

    /// Changes with each move.
    pub(crate) fn moves(&self) -> watch::Receiver<u64> {
        self.moves.subscribe()
    }

    async fn run<T, F>(&self, work: F) -> Result<T, Status>
    where
        T: Send + 'static,
        F: FnOnce(&dyn KnowledgeBase) -> T + Send + 'static,
    {
        let kb = Arc::clone(&self.kb);
        let span = tracing::Span::current();
        tokio::task::spawn_blocking(move || span.in_scope(|| work(&*kb)))
            .await
            .map_err(|error| status::internal("asking the knowledge base", &error))
    }
}

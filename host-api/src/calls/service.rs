//! The two methods of `ExecutionService`.

use super::deadline::Deadline;
use super::run::{Calls, Prepared};
use crate::proto::{self, execute_tool_stream_response::Event, execution_service_server as server};
use futures::StreamExt as _;
use futures::stream::BoxStream;
use runtime::{CancellationToken, Chunk, Stream};
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};
use tracing::Instrument as _;

/// Pieces of output on their way; with more, the guest waits for the caller to read.
const LIVE_CHUNKS: usize = 16;

type Streamed = Result<proto::ExecuteToolStreamResponse, Status>;

/// `ExecutionService`.
pub(crate) struct ExecutionApi(pub(crate) Arc<Calls>);

#[tonic::async_trait]
impl server::ExecutionService for ExecutionApi {
    /// The call runs inside this future, which the transport drops when the caller goes away:
    /// that stops the guest.
    async fn execute_tool(
        &self,
        request: Request<proto::ExecuteToolRequest>,
    ) -> Result<Response<proto::ExecuteToolResponse>, Status> {
        let deadline = Deadline::of(request.metadata());
        let call = async { self.0.prepare(request.into_inner()).await?.run(None).await };
        tokio::select! {
            biased;
            result = call => result.map(Response::new),
            status = deadline.passed() => Err(status),
        }
    }

    type ExecuteToolStreamStream = BoxStream<'static, Streamed>;

    async fn execute_tool_stream(
        &self,
        request: Request<proto::ExecuteToolRequest>,
    ) -> Result<Response<Self::ExecuteToolStreamStream>, Status> {
        let deadline = Deadline::of(request.metadata());
        let mut prepared = tokio::select! {
            biased;
            prepared = self.0.prepare(request.into_inner()) => prepared?,
            status = deadline.passed() => return Err(status),
        };
        // The call has a task of its own, so that its time runs out also while nobody reads.
        let cancel = prepared.cancellable();
        let guard = cancel.clone().drop_guard();
        let (sender, receiver) = mpsc::channel(LIVE_CHUNKS);
        tokio::spawn(stream(prepared, cancel, deadline, sender).in_current_span());
        let responses = ReceiverStream::new(receiver).map(move |response| {
            // Dropped with the stream, when the caller goes away: that stops the guest.
            let _ = &guard;
            response
        });
        Ok(Response::new(responses.boxed()))
    }
}

/// Runs a call, and sends what it writes and then what happened.
async fn stream(
    prepared: Prepared,
    cancel: CancellationToken,
    deadline: Deadline,
    sender: mpsc::Sender<Streamed>,
) {
    let (live, mut chunks) = mpsc::channel::<Chunk>(LIVE_CHUNKS);
    let forward = async {
        while let Some(chunk) = chunks.recv().await {
            let event = match chunk.stream {
                Stream::Stdout => Event::Stdout(chunk.bytes),
                Stream::Stderr => Event::Stderr(chunk.bytes),
            };
            if sender.send(Ok(event.into())).await.is_err() {
                cancel.cancel();
                return;
            }
        }
    };
    // The run ends by itself however slow the caller reads, and gives its place free.
    let run = prepared.run(Some(live));
    let both = async { tokio::join!(run, forward).0 };
    let result = tokio::select! {
        biased;
        result = both => result,
        status = deadline.passed() => Err(status),
    };
    let last = result.map(|response| Event::Response(response).into());
    // Nobody is left to hear it when this fails.
    drop(sender.send(last).await);
}

impl From<Event> for proto::ExecuteToolStreamResponse {
    fn from(event: Event) -> Self {
        Self { event: Some(event) }
    }
}

//! Serving, from the first request to the last.

use super::BoundServer;
use super::gather::Gather;
use crate::calls::ExecutionApi;
use crate::knowledge::KnowledgeApi;
use crate::metrics::{self, RpcLayer};
use crate::pressure::Guard;
use crate::proposals::ValidationApi;
use crate::proto::execution_service_server::ExecutionServiceServer;
use crate::proto::knowledge_service_server::KnowledgeServiceServer;
use crate::proto::validation_service_server::ValidationServiceServer;
use crate::remediation::{self, Remedies};
use crate::telemetry::request_span;
use crate::{ServerError, proto};
use futures::StreamExt as _;
use runtime::CancellationToken;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tonic::transport::server::TcpIncoming;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

/// The part that a service lacks which only calls tools.
const VALIDATION: &str = HEALTH[2];

/// How long answers may take to be delivered once nothing runs any more.
const DELIVERY: Duration = Duration::from_secs(1);

/// A caller that is gone without a word is found out after both.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(30);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(20);

/// Names in the health service; the empty one is the service as a whole.
const HEALTH: [&str; 4] = [
    "",
    "wasm_runner.v1.ExecutionService",
    "wasm_runner.v1.ValidationService",
    "wasm_runner.v1.KnowledgeService",
];

impl BoundServer {
    /// Serves until `shutdown`, beginning with the validations that were cut off.
    ///
    /// Then it says `NOT_SERVING`, takes no more calls and proposals, calls off validations
    /// (they begin anew at the next start), lets running calls go on for the grace period, ends
    /// those that remain as `cancelled`, and returns.
    ///
    /// # Errors
    /// When the knowledge base can't be read, or the network layer breaks down.
    pub async fn serve(mut self, shutdown: CancellationToken) -> Result<(), ServerError> {
        if self.queue.is_some() {
            let guard = Guard::new(self.memory_guard.clone(), self.pressure.clone());
            tokio::spawn(guard.watch(self.closing.clone()));
        }
        let mut workers = self.start_validations().await?;
        let (health, health_service) = tonic_health::server::health_reporter();
        set_health(&health, ServingStatus::Serving).await;
        if self.queue.is_none() {
            health
                .set_service_status(VALIDATION, ServingStatus::NotServing)
                .await;
        }
        let stopping = CancellationToken::new();
        // Metrics are told until the end: how a service drains is worth seeing.
        let told = CancellationToken::new();
        let _told = told.clone().drop_guard();
        if let Some(listener) = self.metrics_listener.take() {
            let (counted, sources) = (Arc::clone(&self.metrics), Arc::new(self.sources()));
            tokio::spawn(metrics::serve(listener, counted, sources, told));
        }
        if let Some((listener, config)) = self.remediation_listener.take() {
            let remedies = Remedies::new(
                config,
                Arc::clone(&self.circuits),
                shutdown.clone(),
                self.metrics.remediation.handles(),
            );
            let end = self.closing.clone();
            tokio::spawn(remediation::serve(listener, Arc::new(remedies), end));
        }
        let limit = self.max_message;
        let execution = ExecutionServiceServer::new(ExecutionApi(Arc::clone(&self.calls)))
            .max_decoding_message_size(limit);
        let validation = ValidationServiceServer::new(ValidationApi {
            store: self.store.clone(),
            queue: self.queue.clone(),
            metrics: Arc::clone(&self.metrics),
        })
        .max_decoding_message_size(limit);
        let knowledge = KnowledgeServiceServer::new(KnowledgeApi {
            store: self.store.clone(),
            closing: self.closing.clone(),
            metrics: Arc::clone(&self.metrics),
        })
        .max_decoding_message_size(limit);
        let reflection = tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(proto::FILE_DESCRIPTOR_SET)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
            .build_v1()
            .map_err(|error| ServerError::Transport(error.into()))?;

        let incoming = TcpIncoming::from(self.listener).with_nodelay(Some(true));
        let incoming = incoming.map(|stream| stream.map(Gather::new));
        let mut server = std::pin::pin!(
            tonic::transport::Server::builder()
                .http2_keepalive_interval(Some(KEEPALIVE_INTERVAL))
                .http2_keepalive_timeout(Some(KEEPALIVE_TIMEOUT))
                .trace_fn(request_span)
                .layer(RpcLayer(Arc::clone(&self.metrics)))
                .add_service(health_service)
                .add_service(reflection)
                .add_service(execution)
                .add_service(validation)
                .add_service(knowledge)
                .serve_with_incoming_shutdown(incoming, stopping.clone().cancelled_owned())
        );
        tracing::info!(address = %self.address, "serving");
        let broken = tokio::select! {
            result = &mut server => Some(result),
            () = shutdown.cancelled() => None,
        };

        tracing::info!(running = self.calls.running(), "shutting down");
        set_health(&health, ServingStatus::NotServing).await;
        self.closing.cancel();
        stopping.cancel();
        if let Some(result) = broken {
            self.calls.stop();
            workers.join_all_within(self.grace).await;
            return result.map_err(|error| ServerError::Transport(error.into()));
        }
        let drain = async {
            if !within(self.grace, self.calls.drained()).await {
                tracing::warn!(
                    running = self.calls.running(),
                    "the grace period is over: calls are cancelled"
                );
                self.calls.stop();
                within(self.grace, self.calls.drained()).await;
            }
            // Whoever only listens, to the health of the service say, would never leave.
            tokio::time::sleep(DELIVERY).await;
        };
        let result = tokio::select! {
            result = &mut server => result,
            () = drain => Ok(()),
        };
        workers.join_all_within(self.grace).await;
        // The data folder is given free here, when nothing works on it any more.
        drop(self.data);
        tracing::info!("stopped");
        result.map_err(|error| ServerError::Transport(error.into()))
    }

    /// Puts unfinished validations into the queue, and workers to it.
    async fn start_validations(&self) -> Result<Workers, ServerError> {
        let mut workers = Workers(JoinSet::new());
        let Some(queue) = &self.queue else {
            return Ok(workers);
        };
        let unfinished = self.store.try_read(|kb| kb.unfinished()).await;
        let unfinished =
            unfinished.map_err(|status| ServerError::Transport(Box::new(status)))??;
        if !unfinished.is_empty() {
            tracing::info!(count = unfinished.len(), "validations are taken up again");
        }
        for id in unfinished {
            queue.enqueue(id);
        }
        for _ in 0..self.workers {
            workers.0.spawn(queue.clone().work());
        }
        Ok(workers)
    }
}

/// The tasks that validate.
struct Workers(JoinSet<()>);

impl Workers {
    /// They were told to stop; a child process that does not want to die may take a moment.
    async fn join_all_within(&mut self, time: Duration) {
        let all = async { while self.0.join_next().await.is_some() {} };
        if !within(time, all).await {
            tracing::warn!("a validation does not stop; it is left behind");
        }
    }
}

async fn within(time: Duration, work: impl Future<Output = ()>) -> bool {
    tokio::time::timeout(time, work).await.is_ok()
}

async fn set_health(health: &HealthReporter, status: ServingStatus) {
    for name in HEALTH {
        health.set_service_status(name, status).await;
    }
}

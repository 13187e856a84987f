//! A service on a free port, tools that are active in it, and clients.

pub(crate) mod guests;
pub(crate) mod scripted;
pub(crate) mod seed;

use host_api::proto::execution_service_client::ExecutionServiceClient;
use host_api::proto::knowledge_service_client::KnowledgeServiceClient;
use host_api::proto::validation_service_client::ValidationServiceClient;
use host_api::proto::{ExecuteToolRequest, Execution, OutcomeKind};
use host_api::{CancellationToken, RunningCalls, Server, ServerConfig, ServerError, Validate};
use policies::{Fuel, WallTime};
use scripted::Scripted;
use seed::Seed;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tonic::Status;
use tonic::transport::{Channel, Endpoint};
use tonic_types::{ErrorDetails, StatusExt as _};

/// Longer than anything here takes on a slow machine: whoever waits so long waits for ever.
pub(crate) const LONG: Duration = Duration::from_mins(1);

/// A running service. It stops when told to, or with the test's runtime.
pub(crate) struct Host {
    pub(crate) data: PathBuf,
    pub(crate) address: SocketAddr,
    /// Where metrics are, if they are anywhere.
    pub(crate) metrics: Option<SocketAddr>,
    /// Where alerts come in, if they do.
    pub(crate) alerts: Option<SocketAddr>,
    pub(crate) running: RunningCalls,
    shutdown: CancellationToken,
    task: JoinHandle<Result<(), ServerError>>,
    /// Absent when the data folder is somebody else's.
    folder: Option<tempfile::TempDir>,
}

/// Limits that a spinning guest does not reach within a test.
pub(crate) fn config(data: &Path) -> ServerConfig {
    let mut config = ServerConfig::new(data);
    config.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    config.ceiling.limits.fuel = Fuel(1 << 50);
    config.ceiling.limits.wall_time = WallTime::secs(600);
    config.max_running_calls = 4;
    config.validation_retries = vec![Duration::from_millis(1); 2];
    config
}

impl Host {
    /// A service with these tools in its knowledge base.
    pub(crate) async fn with(tools: &[Seed]) -> Self {
        Self::start(tools, |_| {}, Scripted::passing()).await
    }

    pub(crate) async fn start(
        tools: &[Seed],
        change: impl FnOnce(&mut ServerConfig),
        validator: Arc<dyn Validate>,
    ) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        seed::plant(folder.path(), tools);
        let mut host = Self::on(folder.path(), change, validator).await;
        host.folder = Some(folder);
        host
    }

    /// A service on a data folder that is kept.
    pub(crate) async fn on(
        data: &Path,
        change: impl FnOnce(&mut ServerConfig),
        validator: Arc<dyn Validate>,
    ) -> Self {
        let mut config = config(data);
        change(&mut config);
        let server = Server::bind_with(config, validator).await.expect("bound");
        let shutdown = CancellationToken::new();
        Self {
            data: data.to_owned(),
            address: server.local_addr(),
            metrics: server.metrics_addr(),
            alerts: server.remediation_addr(),
            running: server.running_calls(),
            task: tokio::spawn(server.serve(shutdown.clone())),
            shutdown,
            folder: None,
        }
    }

    pub(crate) async fn channel(&self) -> Channel {
        Endpoint::from_shared(format!("http://{}", self.address))
            .expect("an address")
            .connect()
            .await
            .expect("a connection")
    }

    pub(crate) async fn execution(&self) -> ExecutionServiceClient<Channel> {
        ExecutionServiceClient::new(self.channel().await)
            .max_decoding_message_size(host_api::MAX_RESPONSE_BYTES)
            .max_encoding_message_size(usize::MAX)
    }

    pub(crate) async fn validation(&self) -> ValidationServiceClient<Channel> {
        ValidationServiceClient::new(self.channel().await)
    }

    pub(crate) async fn knowledge(&self) -> KnowledgeServiceClient<Channel> {
        KnowledgeServiceClient::new(self.channel().await)
    }

    /// Calls a tool once.
    pub(crate) async fn call(&self, request: ExecuteToolRequest) -> Result<Execution, Status> {
        let response = self.execution().await.execute_tool(request).await?;
        Ok(response.into_inner().execution.expect("an execution"))
    }

    /// Tells it to stop; [`Self::stopped`] waits for it.
    pub(crate) fn stop(&self) {
        self.shutdown.cancel();
    }

    pub(crate) async fn stopped(self) {
        self.stop();
        self.ended().await;
    }

    /// Waits until it ends by itself.
    pub(crate) async fn ended(self) {
        tokio::time::timeout(LONG, self.task)
            .await
            .expect("it stops")
            .expect("no panic")
            .expect("no error");
    }

    /// Waits until so many calls run.
    pub(crate) async fn until_running(&self, count: u32) {
        until(|| self.running.count() == count).await;
    }
}

/// Waits for something that no event tells.
pub(crate) async fn until(mut is_so: impl FnMut() -> bool) {
    let wait = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(LONG, wait).await.expect("it happens");
}

/// A call with an input and nothing else.
pub(crate) fn request(name: &str, input: &str) -> ExecuteToolRequest {
    ExecuteToolRequest {
        name: name.to_owned(),
        input: input.as_bytes().to_vec().into(),
        ..Default::default()
    }
}

pub(crate) fn kind(execution: &Execution) -> OutcomeKind {
    execution.outcome.as_ref().expect("an outcome").kind()
}

pub(crate) fn message(execution: &Execution) -> &str {
    &execution.outcome.as_ref().expect("an outcome").message
}

/// The fields that a `BadRequest` names.
pub(crate) fn fields(status: &Status) -> Vec<String> {
    assert_eq!(status.code(), tonic::Code::InvalidArgument, "{status:?}");
    let details: ErrorDetails = status.get_error_details();
    let request = details.bad_request().expect("a BadRequest");
    request
        .field_violations
        .iter()
        .map(|violation| violation.field.clone())
        .collect()
}

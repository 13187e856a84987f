//! A service with tools in it, and callers.

use crate::guest::{self, Guest};
use anyhow::{Result, ensure};
use host_api::proto::execution_service_client::ExecutionServiceClient;
use host_api::proto::{ExecuteToolRequest, ExecuteToolResponse, OutcomeKind};
use host_api::{BoundServer, CancellationToken, Server, ServerConfig};
use kbi::{Attribution, Digest, KnowledgeBase as _, SqliteKnowledgeBase, ValidationOutcome};
use policies::Policy;
use serde_json::json;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use tokio::task::JoinHandle;
use tonic::transport::{Channel, Endpoint};
use validation::{ValidationReport, Verdict};

/// Puts an active tool into the knowledge base of a data folder. Its validation is not what is
/// measured here, so it is only said to have passed.
pub(crate) fn plant(data: &Path, guest: &Guest) -> Result<()> {
    let kb = SqliteKnowledgeBase::open(&data.join("kbi.sqlite"))?;
    let by = Attribution::new("bench", "planted");
    let manifest = guest::manifest(guest.name)?;
    let proposal = guest::proposal(guest.name, "fn main() {}", &[], &manifest)?;
    let report: ValidationReport = serde_json::from_value(json!({
        "format": 1, "name": proposal.name, "version": proposal.version,
        "proposal_digest": proposal.content_digest(),
        "artifact_digest": Digest::of(&guest.wasm).to_string(),
        "toolchain": {"wasm_runner": "", "rustc": "", "cargo": "", "target": "", "wasmtime": ""},
        "policy": {"policy": Policy::default(), "explained": []},
        "stages": [], "verdict": Verdict::Passed, "confidence": {"score": 0.5, "factors": []},
    }))?;
    let id = kb.propose(&proposal, &by)?.id;
    kb.begin_validation(id, &by)?;
    let outcome = ValidationOutcome {
        report: &report,
        artifact: Some(&guest.wasm),
        manifest: Some(&manifest),
        grant: &crate::call::policy(),
        attestations: None,
    };
    kb.finish_validation(id, &outcome, &by)?;
    kb.activate(id, &by)?;
    Ok(())
}

/// A service with the defaults on a free port; it takes no proposals.
pub(crate) async fn bind(data: &Path) -> Result<BoundServer> {
    let mut config = ServerConfig::new(data);
    config.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    Ok(Server::bind(config).await?)
}

/// A service that serves until it is stopped.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    shutdown: CancellationToken,
    task: JoinHandle<Result<(), host_api::ServerError>>,
}

impl Running {
    pub(crate) fn start(server: BoundServer) -> Self {
        let shutdown = CancellationToken::new();
        Self {
            address: server.local_addr(),
            task: tokio::spawn(server.serve(shutdown.clone())),
            shutdown,
        }
    }

    pub(crate) async fn stop(self) -> Result<()> {
        self.shutdown.cancel();
        Ok(self.task.await??)
    }
}

/// A caller with a connection of its own.
pub(crate) type Caller = ExecutionServiceClient<Channel>;

pub(crate) async fn caller(address: SocketAddr) -> Result<Caller> {
    let channel = Endpoint::from_shared(format!("http://{address}"))?
        .tcp_nodelay(true)
        .connect()
        .await?;
    Ok(ExecutionServiceClient::new(channel))
}

/// The call that is made everywhere.
pub(crate) fn request() -> ExecuteToolRequest {
    ExecuteToolRequest {
        name: "orders".to_owned(),
        input: guest::order().into(),
        ..ExecuteToolRequest::default()
    }
}

/// Whether an answer is the right one.
pub(crate) fn check(response: &ExecuteToolResponse) -> Result<()> {
    let execution = response.execution.as_ref();
    let good = execution.is_some_and(|execution| {
        execution.output.trim_ascii_end() == guest::SUMS
            && execution
                .outcome
                .as_ref()
                .is_some_and(|outcome| outcome.kind() == OutcomeKind::Success)
    });
    ensure!(good, "another answer: {response:?}");
    Ok(())
}

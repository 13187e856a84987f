//! A service whose tools are active before it starts, and calls of them over the wire.
//!
//! No toolchain builds these tools: they are put into the knowledge base as if they had passed.

use super::Service;
use host_api::proto::execution_service_client::ExecutionServiceClient;
use host_api::proto::{Captured, ExecuteToolRequest, Execution, OutcomeKind};
use kbi::{Attribution, Digest, KnowledgeBase, SqliteKnowledgeBase, ValidationOutcome};
use policies::Policy;
use serde_json::{Value, json};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tonic::Status;
use tonic::transport::{Channel, Endpoint};
use validation::{Manifest, ProposedTool, ValidationReport, Verdict};

/// What no policy of a tool here exceeds. It also lays out the pool, so what a case finds
/// `TooDemanding` is what does not fit in here.
const CEILING: &str = r#"
[limits]
fuel = "1000 G"
memory = "64 MiB"
tables = 4
table_elements = 20_000
wall_time = "60 s"
stdout = "64 KiB"
stderr = "64 KiB"
input = "1 MiB"
output = "1 MiB"
files = 256
file_bytes = "64 MiB"
network_requests = 10
network_bytes = "1 MiB"
module_size = "16 MiB"

[capabilities]
environment = ["TZ", "LANG"]
clocks = "real"
random = "real"

[[capabilities.directories]]
host = "folders"
guest = "*"
access = "read-write"
"#;

/// A tool that prints its input: the one that shows that the service still serves.
const ECHO: &str = r#"(module
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (i32.store (i32.const 0) (i32.const 64))
    (i32.store (i32.const 4) (i32.const 1024))
    (if (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)) (then unreachable))
    (i32.store (i32.const 4) (i32.load (i32.const 8)))
    (if (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)) (then unreachable))))"#;

/// A tool to be active: any JSON in, any JSON out.
pub(crate) struct Seed {
    pub(crate) name: String,
    pub(crate) wasm: Vec<u8>,
    pub(crate) grant: Policy,
}

/// A running service with seeded tools.
pub(crate) struct Seeded {
    service: Service,
    client: ExecutionServiceClient<Channel>,
    folder: TempDir,
}

impl Seeded {
    /// Puts the tools into a new data folder and starts the real program on it.
    pub(crate) async fn with(tools: impl IntoIterator<Item = Seed>) -> Self {
        Self::calling(&[], tools).await
    }

    /// The same, and the operator lets tools call these hosts and ports.
    pub(crate) async fn calling(hosts: &[String], tools: impl IntoIterator<Item = Seed>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path().join("data");
        let ceiling = lay_out(&data, hosts, tools);
        let log = File::create(folder.path().join("log")).expect("a log");
        let service = Service::calling(&data, &ceiling, log);
        let channel = Endpoint::from_shared(service.url.clone())
            .expect("an address")
            .connect()
            .await
            .expect("a connection");
        let client = ExecutionServiceClient::new(channel)
            .max_decoding_message_size(host_api::MAX_RESPONSE_BYTES);
        Self {
            service,
            client,
            folder,
        }
    }

    /// The folder of the host within which calls may bind folders.
    pub(crate) fn folders(&self) -> PathBuf {
        self.folder.path().join("data/folders")
    }

    pub(crate) async fn call(&self, request: ExecuteToolRequest) -> Result<Execution, Status> {
        let response = self.client.clone().execute_tool(request).await?;
        Ok(response.into_inner().execution.expect("an execution"))
    }

    /// Calls a tool and records the call: what happened, and the recording.
    pub(crate) async fn recorded(&self, request: ExecuteToolRequest) -> (Execution, Vec<u8>) {
        let request = ExecuteToolRequest {
            record: true,
            ..request
        };
        let response = self.client.clone().execute_tool(request).await;
        let response = response.expect("answered").into_inner();
        assert!(!response.recording_too_large);
        let execution = response.execution.expect("an execution");
        (execution, response.recording.to_vec())
    }

    /// What the service's log says under the number in an `INTERNAL` status.
    pub(crate) fn logged(&self, status: &Status) -> Option<String> {
        let reference = status.message().rsplit(' ').next()?;
        let log = fs::read_to_string(self.folder.path().join("log")).expect("a log");
        let line = log.lines().find(|line| line.contains(reference))?;
        let line: Value = serde_json::from_str(line).expect("JSON");
        Some(line["fields"]["error"].as_str()?.to_owned())
    }

    /// Calls the good tool, and looks for what would show that something broke inside.
    pub(crate) async fn still_serves(&mut self, after: &str) {
        let execution = self
            .call(request("echo", r#""still here""#))
            .await
            .unwrap_or_else(|status| panic!("after {after}: {status:?}"));
        assert_eq!(kind(&execution), OutcomeKind::Success, "after {after}");
        assert_eq!(&execution.output[..], br#""still here""#, "after {after}");
        assert!(self.service.lives(), "after {after}");
        let log = fs::read_to_string(self.folder.path().join("log")).expect("a log");
        assert!(!log.contains("panicked"), "after {after}:\n{log}");
    }

    /// Ends it in good order.
    pub(crate) fn stop(self) {
        drop(self.client);
        self.service.stop();
    }
}

/// Makes a data folder with these tools in it, and one that prints its input; gives its ceiling.
pub(crate) fn lay_out(
    data: &Path,
    hosts: &[String],
    tools: impl IntoIterator<Item = Seed>,
) -> PathBuf {
    fs::create_dir_all(data.join("folders")).expect("made");
    let ceiling = data.join("ceiling.toml");
    let network = format!("[capabilities]\nnetwork = {hosts:?}");
    fs::write(&ceiling, CEILING.replace("[capabilities]", &network)).expect("written");
    let kb = SqliteKnowledgeBase::open(&data.join("kbi.sqlite")).expect("a knowledge base");
    let echo = Seed {
        name: "echo".to_owned(),
        wasm: wat::parse_str(ECHO).expect("a module"),
        grant: Policy::default(),
    };
    for seed in std::iter::once(echo).chain(tools) {
        plant(&kb, &seed);
    }
    ceiling
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

/// All of an execution but how long it took.
pub(crate) fn timeless(execution: &Execution) -> Execution {
    let mut execution = execution.clone();
    if let Some(usage) = &mut execution.usage {
        usage.wall_micros = 0;
        usage.cpu_micros = 0;
    }
    execution
}

/// Each limit that was used beyond what the policy says. Time has some room: a machine that is
/// busy elsewhere looks at the deadline late.
pub(crate) fn over_limits(policy: &Policy, execution: &Execution) -> Vec<String> {
    const LATE: u64 = 10_000_000;
    let limits = &policy.limits;
    let usage = execution.usage.unwrap_or_default();
    let length =
        |captured: &Option<Captured>| captured.as_ref().map_or(0, |one| one.data.len() as u64);
    [
        ("fuel", usage.fuel, limits.fuel.0),
        ("memory", usage.peak_memory_bytes, limits.memory.0),
        ("output", execution.output.len() as u64, limits.output.0),
        ("stdout", length(&execution.stdout), limits.stdout.0),
        ("stderr", length(&execution.stderr), limits.stderr.0),
        ("files", usage.files_created.into(), limits.files.into()),
        ("denials", execution.denied.len() as u64, 64),
        (
            "wall time",
            usage.wall_micros,
            limits.wall_time.0.saturating_add(LATE),
        ),
    ]
    .into_iter()
    .filter(|(_, used, limit)| used > limit)
    .map(|(name, used, limit)| format!("{used} of {name} was used, {limit} is the limit"))
    .collect()
}

/// A policy as a policy file would say it.
pub(crate) fn policy(text: &str) -> Policy {
    Policy::parse(text, "policy.toml").unwrap_or_else(|error| panic!("{error}"))
}

fn plant(kb: &SqliteKnowledgeBase, seed: &Seed) {
    let by = Attribution::new("test", "planted");
    let tool: ProposedTool = serde_json::from_value(json!({
        "name": seed.name, "version": "1.0.0", "description": "A tool to try.",
        "language": "rust", "source_code": "fn main() {}", "generated_by_agent_id": "agent-7",
    }))
    .expect("a proposal");
    let manifest: Manifest = serde_json::from_value(json!({
        "name": seed.name, "version": "1.0.0", "description": "A tool to try.",
        "input_schema": true, "output_schema": true,
        "examples": [{"input": 1, "output": 2}],
    }))
    .expect("a manifest");
    let report: ValidationReport = serde_json::from_value(json!({
        "format": 1, "name": seed.name, "version": "1.0.0",
        "proposal_digest": tool.content_digest(),
        "artifact_digest": Digest::of(&seed.wasm).to_string(),
        "toolchain": {"wasm_runner": "", "rustc": "", "cargo": "", "target": "", "wasmtime": ""},
        "policy": {"policy": seed.grant, "explained": ["words"]},
        "stages": [], "verdict": Verdict::Passed, "confidence": {"score": 0.5, "factors": []},
    }))
    .expect("a report");
    let id = kb.propose(&tool, &by).expect("proposed").id;
    kb.begin_validation(id, &by).expect("begun");
    let outcome = ValidationOutcome {
        report: &report,
        artifact: Some(&seed.wasm),
        manifest: Some(&manifest),
        grant: &seed.grant,
        attestations: None,
    };
    kb.finish_validation(id, &outcome, &by).expect("finished");
    kb.activate(id, &by).expect("activated");
}

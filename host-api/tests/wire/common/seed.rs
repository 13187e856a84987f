//! Tools that are known before the service starts, without a toolchain.

use super::guests;
use kbi::{Attribution, Digest, KnowledgeBase, ProposalId, SqliteKnowledgeBase, ValidationOutcome};
use policies::{Access, DirectoryGrant, GuestPath, HostPath, Limits, Policy};
use serde_json::{Value, json};
use std::path::Path;
use validation::{Manifest, ProposedTool, ValidationReport, Verdict};

/// A tool to plant.
#[derive(Clone)]
pub(crate) struct Seed {
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
    pub(crate) wasm: Vec<u8>,
    pub(crate) input: Value,
    pub(crate) output: Value,
    pub(crate) grant: Policy,
    pub(crate) verdict: Verdict,
    pub(crate) activate: bool,
}

impl Seed {
    /// An active tool of version 1.0.0 that takes and gives any JSON.
    pub(crate) fn new(name: &'static str, wasm: Vec<u8>) -> Self {
        let limits = Limits {
            fuel: policies::Fuel(1 << 50),
            wall_time: policies::WallTime::secs(600),
            ..Policy::preset("workspace").expect("a preset").limits
        };
        Self {
            name,
            version: "1.0.0",
            wasm,
            input: json!(true),
            output: json!(true),
            grant: Policy {
                limits,
                ..Policy::default()
            },
            verdict: Verdict::Passed,
            activate: true,
        }
    }

    pub(crate) fn echo() -> Self {
        Self::new("echo", guests::echo())
    }

    pub(crate) fn version(mut self, version: &'static str) -> Self {
        self.version = version;
        self
    }

    pub(crate) fn inactive(mut self) -> Self {
        self.activate = false;
        self
    }

    pub(crate) fn in_review(mut self) -> Self {
        self.verdict = Verdict::HumanReviewRequired;
        self.inactive()
    }

    pub(crate) fn failed(mut self) -> Self {
        self.verdict = Verdict::Failed;
        self.inactive()
    }

    /// Granted to read a folder at `/data` that the caller binds.
    pub(crate) fn reading(mut self) -> Self {
        self.grant.capabilities.directories = vec![DirectoryGrant {
            guest: GuestPath::Path("/data".into()),
            host: HostPath::Any,
            access: Access::Read,
        }];
        self
    }

    fn proposal(&self) -> ProposedTool {
        proposal(self.name, self.version)
    }
}

/// A proposal in short.
pub(crate) fn proposal(name: &str, version: &str) -> ProposedTool {
    serde_json::from_value(json!({
        "name": name, "version": version, "description": format!("The tool {name}."),
        "language": "rust", "source_code": "fn main() {}", "generated_by_agent_id": "agent-7",
    }))
    .expect("a proposal")
}

/// A manifest for a proposal.
pub(crate) fn manifest(tool: &ProposedTool, input: &Value, output: &Value) -> Manifest {
    serde_json::from_value(json!({
        "name": tool.name, "version": tool.version, "description": tool.description,
        "input_schema": input, "output_schema": output,
        "examples": [{"input": 1, "output": 2}],
    }))
    .expect("a manifest")
}

/// A report for a proposal, with one finding.
pub(crate) fn report(
    tool: &ProposedTool,
    wasm: Option<&[u8]>,
    verdict: Verdict,
) -> ValidationReport {
    let finding = json!({
        "rule": "test/failed", "severity": "note", "message": "m", "remedy": "r",
        "place": {"kind": "test", "name": "t"},
    });
    serde_json::from_value(json!({
        "format": 1, "name": tool.name, "version": tool.version,
        "proposal_digest": tool.content_digest(),
        "artifact_digest": wasm.map(|wasm| Digest::of(wasm).to_string()),
        "toolchain": {"wasm_runner": "", "rustc": "", "cargo": "", "target": "", "wasmtime": ""},
        "policy": {"policy": Policy::default(), "explained": ["words"]},
        "stages": [{
            "stage": "test", "status": "passed", "duration_millis": 1, "metrics": {"tests_count": 1.0},
            "findings": [finding],
        }],
        "verdict": verdict,
        "confidence": {"score": 0.5, "factors": []},
    }))
    .expect("a report")
}

/// Puts the tools into the knowledge base of a data folder.
pub(crate) fn plant(data: &Path, tools: &[Seed]) -> Vec<ProposalId> {
    let kb = SqliteKnowledgeBase::open(&data.join("kbi.sqlite")).expect("a knowledge base");
    tools.iter().map(|tool| plant_one(&kb, tool)).collect()
}

fn plant_one(kb: &SqliteKnowledgeBase, seed: &Seed) -> ProposalId {
    let by = Attribution::new("test", "planted");
    let tool = seed.proposal();
    let id = kb.propose(&tool, &by).expect("proposed").id;
    kb.begin_validation(id, &by).expect("begun");
    let outcome = ValidationOutcome {
        report: &report(&tool, Some(&seed.wasm), seed.verdict),
        artifact: Some(&seed.wasm),
        manifest: Some(&manifest(&tool, &seed.input, &seed.output)),
        grant: &seed.grant,
        attestations: None,
    };
    kb.finish_validation(id, &outcome, &by).expect("finished");
    if seed.activate {
        kb.activate(id, &by).expect("activated");
    }
    id
}

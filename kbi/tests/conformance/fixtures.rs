//! Small worlds.

use kbi::{Attribution, Digest, KnowledgeBase, ProposalId, State, ValidationOutcome};
use policies::Policy;
use serde_json::json;
use validation::{Manifest, ProposedTool, ValidationReport, Verdict};

/// Makes an empty bench; tests that need several call it several times.
pub(crate) type Fresh = dyn Fn() -> super::Bench;

pub(crate) fn by() -> Attribution {
    Attribution::new("tester", "because the test says so")
}

pub(crate) fn version(text: &str) -> semver::Version {
    text.parse().expect("a version")
}

pub(crate) fn tool(name: &str, version: &str) -> ProposedTool {
    serde_json::from_value(json!({
        "name": name,
        "version": version,
        "description": format!("What {name} does."),
        "language": "rust",
        "source_code": "fn main() {}",
        "generated_by_agent_id": "agent-7",
    }))
    .expect("a proposal")
}

pub(crate) fn manifest(tool: &ProposedTool) -> Manifest {
    serde_json::from_value(json!({
        "name": tool.name,
        "version": tool.version,
        "description": tool.description,
        "input_schema": {"type": "object", "properties": {"z": {}, "a": {}}},
        "output_schema": true,
        "examples": [{"input": {"z": 0.1, "a": 1e300}, "output": 18_446_744_073_709_551_615_u64}],
    }))
    .expect("a manifest")
}

/// A module's stand-in: the knowledge base does not look inside.
pub(crate) fn artifact(tool: &ProposedTool) -> Vec<u8> {
    format!("\0asm module of {}@{}", tool.name, tool.version).into_bytes()
}

pub(crate) fn report(
    tool: &ProposedTool,
    verdict: Verdict,
    artifact: Option<&[u8]>,
) -> ValidationReport {
    let policy = Policy::default();
    serde_json::from_value(json!({
        "format": 1,
        "name": tool.name,
        "version": tool.version,
        "proposal_digest": tool.content_digest(),
        "artifact_digest": artifact.map(Digest::of),
        "toolchain": {"wasm_runner": "0.1.0", "rustc": "1", "cargo": "1", "target": "t", "wasmtime": "48"},
        "policy": {"policy": policy, "explained": policy.explain()},
        "stages": [{
            "stage": "build", "status": "passed", "duration_millis": 1,
            "metrics": {"module_bytes": 119_000.0}, "findings": [],
        }],
        "verdict": verdict,
        "confidence": {"score": 0.1 + 0.2, "factors": [{"what": "tests", "change": 0.3}]},
    }))
    .expect("a report")
}

/// Proposes, and says where it went.
pub(crate) fn propose(kb: &dyn KnowledgeBase, tool: &ProposedTool) -> ProposalId {
    kb.propose(tool, &by()).expect("accepted").id
}

/// Finishes a validation that has begun, with everything in order.
pub(crate) fn finish(
    kb: &dyn KnowledgeBase,
    id: ProposalId,
    tool: &ProposedTool,
    verdict: Verdict,
) -> Result<State, kbi::KbiError> {
    let (artifact, manifest, grant) = (artifact(tool), manifest(tool), Policy::default());
    let report = report(tool, verdict, Some(&artifact));
    let outcome = ValidationOutcome {
        report: &report,
        artifact: Some(&artifact),
        manifest: Some(&manifest),
        grant: &grant,
        attestations: None,
    };
    kb.finish_validation(id, &outcome, &by())
}

/// Proposes a version and brings it to a state by the shortest way.
pub(crate) fn brought_to(kb: &dyn KnowledgeBase, tool: &ProposedTool, state: State) -> ProposalId {
    let id = propose(kb, tool);
    let verdict = match state {
        State::Proposed => return id,
        State::Failed => Verdict::Failed,
        State::Review | State::Rejected => Verdict::HumanReviewRequired,
        _ => Verdict::Passed,
    };
    kb.begin_validation(id, &by()).expect("begun");
    if state == State::Validating {
        return id;
    }
    finish(kb, id, tool, verdict).expect("finished");
    let reached = match state {
        State::Rejected => kb.decide(id, kbi::Decision::Reject, &by()),
        State::Active => kb.activate(id, &by()),
        State::Deprecated => kb.activate(id, &by()).and_then(|_| kb.deprecate(id, &by())),
        State::RolledBack => kb.activate(id, &by()).and_then(|_| kb.roll_back(id, &by())),
        _ => Ok(state),
    };
    assert_eq!(reached.expect("moved"), state);
    id
}

pub(crate) fn activated(kb: &dyn KnowledgeBase, name: &str, version: &str) -> ProposalId {
    brought_to(kb, &tool(name, version), State::Active)
}

pub(crate) fn state(kb: &dyn KnowledgeBase, id: ProposalId) -> State {
    kb.proposal(id).expect("known").version.state
}

/// Everything that a reader can see; equal before and after whatever must leave no trace.
pub(crate) fn all(kb: &dyn KnowledgeBase) -> String {
    let events = kb.events_after(0, u32::MAX).expect("events");
    let page = kbi::PageRequest {
        size: kbi::MAX_PAGE_SIZE,
        after: None,
    };
    let list = kb.list(&kbi::Filter::default(), &page).expect("list");
    format!("{list:#?} {events:#?}")
}

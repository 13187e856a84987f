//! What is said of a module.

use crate::{CaseStatus, ReportForm, Severity, ValidationReport, Verdict};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

pub(super) const TYPE: &str = "https://in-toto.io/Statement/v1";
pub(super) const TEST_RESULT: &str = "https://in-toto.io/attestation/test-result/v0.1";
pub(super) const PROVENANCE: &str = "https://slsa.dev/provenance/v1";
/// What a build here means: sources to a module by cargo, confined, with the crates of a list.
const BUILD_TYPE: &str = "urn:wasm-runner:build:cargo-wasi:v1";

/// A verdict in the words of a test result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum AttestedResult {
    /// It passed.
    Passed,
    /// A person decides.
    Warned,
    /// It failed.
    Failed,
}

impl From<Verdict> for AttestedResult {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Passed => Self::Passed,
            Verdict::HumanReviewRequired => Self::Warned,
            Verdict::Failed => Self::Failed,
        }
    }
}

fn sha256(bytes: impl AsRef<[u8]>) -> String {
    hex::encode(Sha256::digest(bytes))
}

fn statement(report: &ValidationReport, module: &str, kind: &str, predicate: &Value) -> Value {
    json!({
        "_type": TYPE,
        "subject": [{
            "name": format!("{}-{}.wasm", report.name, report.version),
            "digest": { "sha256": module },
        }],
        "predicateType": kind,
        "predicate": predicate,
    })
}

/// What it was validated with: policy, toolchain, sources.
fn materials(report: &ValidationReport, list: Option<&str>) -> Vec<Value> {
    // Its JSON form, whose fields have an order.
    let policy = serde_json::to_string(&report.policy.policy).unwrap_or_default();
    let versions = &report.toolchain;
    let program = |name: &str, version: &str| {
        json!({
            "name": name,
            "uri": format!("urn:wasm-runner:toolchain:{name}"),
            "annotations": { "version": version },
        })
    };
    let mut materials = vec![
        json!({ "name": "proposal", "digest": { "sha256": report.proposal_digest },
            "annotations": { "of": "the content of the proposal, as wasm-runner digests it" } }),
        json!({ "name": "policy", "digest": { "sha256": sha256(policy) },
            "annotations": { "of": "the effective policy, as compact JSON" } }),
        program("wasm-runner", &versions.wasm_runner),
        program("wasmtime", &versions.wasmtime),
        program("rustc", &versions.rustc),
        program("cargo", &versions.cargo),
    ];
    materials.extend(list.map(|digest| {
        json!({ "name": "allowlist.lock", "digest": { "sha256": digest },
            "annotations": { "of": "the crates that tools may use" } })
    }));
    materials
}

/// What its validation found.
pub(super) fn test_result(report: &ValidationReport, module: &str, list: Option<&str>) -> Value {
    let cases = |status: CaseStatus| -> Vec<String> {
        let of_stage = |stage: &crate::StageReport| {
            let kind = stage.stage.as_str();
            let cases = stage.cases.iter().filter(|case| case.status == status);
            cases
                .map(|case| format!("{kind}: {}", case.name))
                .collect::<Vec<_>>()
        };
        report.stages.iter().flat_map(of_stage).collect()
    };
    let rules = |severity: Severity| {
        let mut rules: Vec<String> = report
            .findings()
            .filter(|finding| finding.severity == severity)
            .map(|finding| format!("rule: {}", finding.rule))
            .collect();
        rules.sort();
        rules.dedup();
        rules
    };
    let failed = [cases(CaseStatus::Failed), rules(Severity::Error)].concat();
    let predicate = json!({
        "result": AttestedResult::from(report.verdict),
        "configuration": materials(report, list),
        "passedTests": cases(CaseStatus::Passed),
        "warnedTests": rules(Severity::Warning),
        "failedTests": failed,
    });
    statement(report, module, TEST_RESULT, &predicate)
}

/// From what it was built.
pub(super) fn provenance(
    report: &ValidationReport,
    module: &str,
    list: Option<&str>,
    key_id: &str,
) -> Value {
    let sources = report
        .sources
        .iter()
        .map(|source| json!({ "name": source.path, "digest": { "sha256": source.sha256 } }));
    let dependencies: Vec<Value> = materials(report, list).into_iter().chain(sources).collect();
    let mut metadata = json!({});
    if let (Some(started), Some(fields)) = (report.started_at, metadata.as_object_mut()) {
        fields.insert("startedOn".to_owned(), json!(started.to_string()));
    }
    let predicate = json!({
        "buildDefinition": {
            "buildType": BUILD_TYPE,
            "externalParameters": {
                "tool": report.name,
                "version": report.version.to_string(),
                "proposal": { "sha256": report.proposal_digest },
            },
            "internalParameters": { "target": report.toolchain.target },
            "resolvedDependencies": dependencies,
        },
        "runDetails": {
            "builder": {
                "id": format!("urn:wasm-runner:installation:sha256:{key_id}"),
                "version": {
                    "wasm-runner": report.toolchain.wasm_runner,
                    "wasmtime": report.toolchain.wasmtime,
                },
            },
            "metadata": metadata,
            "byproducts": [{
                "name": "report.json",
                "mediaType": ReportForm::Json.media_type(),
                "digest": { "sha256": sha256(report.render(ReportForm::Json, crate::Budget::default())) },
            }],
        },
    });
    statement(report, module, PROVENANCE, &predicate)
}

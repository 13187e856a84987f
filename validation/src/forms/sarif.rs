//! SARIF 2.1.0: for code viewers and the platforms that take it.
//!
//! Paths are relative to the proposal's folder (`PROPOSAL`), whose place on any machine is not
//! told. Results that are about no file have a logical location, and, because many viewers show
//! nothing without one, the file that they are most about as a physical one.

use super::rules;
use super::text::{shortened, uri, visible};
use crate::{
    Excerpt, Finding, Place, Reproducer, Severity, StackFrame, StageStatus, ValidationReport,
    Verdict,
};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

const BASE: &str = "PROPOSAL";
/// The name under which a result's fingerprint is kept; another way of making it gets another.
const FINGERPRINT: &str = "wasmRunnerFinding/v1";
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

pub(super) fn render(report: &ValidationReport) -> String {
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [run(report)],
    });
    format!("{log:#}\n")
}

fn run(report: &ValidationReport) -> Value {
    let ids = rule_ids(report);
    let mut seen = BTreeMap::new();
    let results: Vec<Value> = report
        .findings()
        .map(|finding| result(report, finding, &ids, &mut seen))
        .collect();
    json!({
        "tool": { "driver": {
            "name": "wasm-runner",
            "fullName": "wasm-runner, validation of tools",
            "version": *visible(&report.toolchain.wasm_runner),
            "shortDescription": { "text": "Builds, tries and judges tools in a WebAssembly sandbox." },
            "rules": ids.iter().map(|id| rule(id)).collect::<Vec<_>>(),
        }},
        "automationDetails": {
            "id": format!("wasm-runner/{}/{}", uri(&report.name), report.version),
        },
        "invocations": [invocation(report)],
        "originalUriBaseIds": { BASE: {
            "description": { "text": "The folder of the proposal." },
        }},
        "artifacts": artifacts(report),
        "results": results,
        "columnKind": "unicodeCodePoints",
        "properties": {
            "tool": *visible(&report.name),
            "toolVersion": report.version.to_string(),
            "verdict": report.verdict.as_str(),
            "reasons": report.reasons.iter().map(|it| visible(it)).collect::<Vec<_>>(),
            "confidence": report.confidence.score,
            "proposalDigest": *visible(&report.proposal_digest),
        },
    })
}

/// The rules that there are, and those of the findings that are not known here.
fn rule_ids(report: &ValidationReport) -> Vec<&str> {
    let mut ids: Vec<&str> = rules::all().keys().map(String::as_str).collect();
    for finding in report.findings() {
        if rules::get(&finding.rule).is_none() && !ids.contains(&finding.rule.as_str()) {
            ids.push(&finding.rule);
        }
    }
    ids
}

fn rule(id: &str) -> Value {
    let stage = id.split('/').next().unwrap_or(id);
    let tags = json!([*visible(stage)]);
    // As viewers want names: `BuildCompileError`.
    let name: String = id
        .split(|c: char| !c.is_ascii_alphanumeric())
        .flat_map(|word| {
            let mut letters = word.chars();
            let first = letters.next().map(|it| it.to_ascii_uppercase());
            first.into_iter().chain(letters)
        })
        .collect();
    match rules::get(id) {
        Some(rule) => json!({
            "id": id,
            "name": name,
            "shortDescription": { "text": rule.short },
            "fullDescription": { "text": rule.full },
            "help": { "text": rule.help, "markdown": format!("**{}.** {}\n\n{}", rule.short, rule.full, rule.help) },
            "properties": { "tags": tags },
        }),
        None => json!({
            "id": *visible(id),
            "name": name,
            "shortDescription": { "text": "A rule that this version does not know" },
            "fullDescription": { "text": "The report is from a version of wasm-runner that has more rules." },
            "help": { "text": "The result's own message says what to do." },
            "properties": { "tags": tags },
        }),
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

fn result(
    report: &ValidationReport,
    finding: &Finding,
    ids: &[&str],
    seen: &mut BTreeMap<String, u32>,
) -> Value {
    let excerpt = report.excerpt(finding);
    let message = visible(&finding.message);
    let message = if finding.remedy.is_empty() {
        message.into_owned()
    } else {
        format!("{message}\n\nTo do: {}", visible(&finding.remedy))
    };
    let print = fingerprint(finding, excerpt);
    // Two of one kind in one place are told apart by which comes first.
    let nth = seen.entry(print.clone()).or_default();
    *nth += 1;
    let mut result = Map::new();
    result.insert("ruleId".into(), json!(*visible(&finding.rule)));
    if let Some(index) = ids.iter().position(|id| *id == finding.rule) {
        result.insert("ruleIndex".into(), json!(index));
    }
    result.insert("level".into(), json!(level(finding.severity)));
    result.insert("message".into(), json!({ "text": message }));
    result.insert(
        "locations".into(),
        json!([location(report, finding, excerpt)]),
    );
    result.insert(
        "partialFingerprints".into(),
        json!({ FINGERPRINT: format!("{print}:{nth}") }),
    );
    if !finding.backtrace.is_empty() {
        result.insert("codeFlows".into(), json!([code_flow(&finding.backtrace)]));
    }
    let mut properties = Map::new();
    properties.insert("remedy".into(), json!(*visible(&finding.remedy)));
    let again = finding.reproducer.as_ref();
    if let Some(again) = again.filter(|it| **it != Reproducer::default()) {
        properties.insert("reproducer".into(), json!(again));
    }
    result.insert("properties".into(), properties.into());
    result.into()
}

fn location(report: &ValidationReport, finding: &Finding, excerpt: Option<&Excerpt>) -> Value {
    let mut location = Map::new();
    let physical = match &finding.place {
        Some(Place::File { path, line, column }) => {
            Some(physical(path, line.map(|line| (line, *column)), excerpt))
        }
        Some(Place::Test { .. }) => {
            excerpt.map(|it| physical(&it.path, Some((it.marked_line, None)), excerpt))
        }
        _ => None,
    };
    let fallback = || stand_in(report, finding).map(|path| physical_of(&path));
    if let Some(physical) = physical.or_else(fallback) {
        location.insert("physicalLocation".into(), physical);
    }
    if let Some((kind, name)) = finding.place.as_ref().and_then(logical) {
        let name = visible(&name).into_owned();
        let named = json!([{ "fullyQualifiedName": name, "kind": kind }]);
        location.insert("logicalLocations".into(), named);
    }
    location.into()
}

fn physical(path: &str, at: Option<(u32, Option<u32>)>, excerpt: Option<&Excerpt>) -> Value {
    let mut physical = physical_of(path);
    // SARIF counts from 1, and so do we; anything else is nowhere.
    if let (Some((line, column)), Some(fields)) =
        (at.filter(|(line, _)| *line > 0), physical.as_object_mut())
    {
        let mut region = Map::new();
        region.insert("startLine".into(), json!(line));
        if let Some(column) = column.filter(|column| *column > 0) {
            region.insert("startColumn".into(), json!(column));
        }
        if let Some(excerpt) = excerpt {
            let index = excerpt.marked_line.checked_sub(excerpt.first_line);
            let marked = index.and_then(|index| excerpt.lines.get(index as usize));
            if let Some(marked) = marked {
                region.insert("snippet".into(), json!({ "text": *visible(marked) }));
            }
            let last = excerpt.first_line.saturating_add(
                u32::try_from(excerpt.lines.len())
                    .unwrap_or(u32::MAX)
                    .saturating_sub(1),
            );
            if excerpt.first_line > 0 && last >= line {
                let context = json!({
                    "startLine": excerpt.first_line,
                    "endLine": last,
                    "snippet": { "text": *visible(&excerpt.lines.join("\n")) },
                });
                fields.insert("contextRegion".into(), context);
            }
        }
        fields.insert("region".into(), region.into());
    }
    physical
}

fn physical_of(path: &str) -> Value {
    json!({ "artifactLocation": { "uri": uri(path), "uriBaseId": BASE } })
}

/// The file that a finding without one is most about.
fn stand_in(report: &ValidationReport, finding: &Finding) -> Option<String> {
    let of_manifest = matches!(
        finding.place,
        Some(Place::Manifest { .. } | Place::Example { .. })
    );
    let wanted: &[&str] = if of_manifest {
        &["tool.json", "src/main.rs", "Cargo.toml"]
    } else {
        &["src/main.rs", "Cargo.toml"]
    };
    let there = |path: &&&str| report.sources.iter().any(|source| source.path == **path);
    let found = wanted.iter().find(there).map(|path| (*path).to_owned());
    found.or_else(|| Some(report.sources.first()?.path.clone()))
}

/// What a place is where it is no place in a file.
fn logical(place: &Place) -> Option<(&'static str, String)> {
    match place {
        Place::File { .. } => None,
        Place::Test { name } => Some(("function", name.clone())),
        Place::Example { index } => Some(("element", format!("examples[{index}]"))),
        Place::Module { item } => Some(("member", item.clone())),
        Place::Manifest { pointer } => Some(("element", pointer.clone())),
    }
}

/// The stack, outermost first, as it came to be.
fn code_flow(backtrace: &[StackFrame]) -> Value {
    let steps: Vec<Value> = backtrace
        .iter()
        .rev()
        .map(|frame| {
            let mut location = Map::new();
            if let Some(Place::File { path, line, column }) = &frame.place {
                let at = line.map(|line| (line, *column));
                location.insert("physicalLocation".into(), physical(path, at, None));
            }
            let name = visible(&frame.function).into_owned();
            let named = json!([{ "fullyQualifiedName": name, "kind": "function" }]);
            location.insert("logicalLocations".into(), named);
            let text = json!({ "text": name });
            location.insert("message".into(), text);
            json!({ "location": location })
        })
        .collect();
    json!({
        "message": { "text": "The calls that led there, outermost first." },
        "threadFlows": [{ "locations": steps }],
    })
}

/// The same for a finding as long as rule, place and the text of the line stay, wherever in its
/// file that line has come to be.
fn fingerprint(finding: &Finding, excerpt: Option<&Excerpt>) -> String {
    let mut hasher = Sha256::new();
    let mut add = |text: &str| {
        hasher.update((text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    };
    add(&finding.rule);
    match &finding.place {
        Some(Place::File { path, line, .. }) => {
            add(path);
            let marked = excerpt.and_then(|excerpt| {
                let index = line.as_ref()?.checked_sub(excerpt.first_line)?;
                excerpt.lines.get(index as usize)
            });
            match marked {
                Some(marked) => add(marked.trim()),
                None => add(first_line(&finding.message)),
            }
        }
        Some(place) => add(&place.text()),
        None => add(first_line(&finding.message)),
    }
    hex::encode(&hasher.finalize()[..16])
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

fn invocation(report: &ValidationReport) -> Value {
    let (code, words) = match report.verdict {
        Verdict::Passed => (0, "it passed"),
        Verdict::Failed => (10, "it failed"),
        Verdict::HumanReviewRequired => (11, "a person decides"),
    };
    let skipped: Vec<Value> = report
        .stages
        .iter()
        .filter(|stage| stage.status == StageStatus::Skipped)
        .map(|stage| {
            let why = stage.reason.as_deref().unwrap_or("no reason was given");
            let text = format!(
                "{} was not examined: {}",
                stage.stage.as_str(),
                visible(why)
            );
            json!({ "level": "note", "message": { "text": text } })
        })
        .collect();
    let mut invocation = json!({
        // The validation did its work, whatever it found.
        "executionSuccessful": true,
        "exitCode": code,
        "exitCodeDescription": words,
        "toolExecutionNotifications": skipped,
    });
    if let (Some(started), Some(fields)) = (report.started_at, invocation.as_object_mut()) {
        fields.insert("startTimeUtc".into(), json!(started.to_string()));
        let took: u64 = report
            .stages
            .iter()
            .fold(0, |sum, stage| sum.saturating_add(stage.duration_millis));
        let took = jiff::SignedDuration::from_millis(i64::try_from(took).unwrap_or(0));
        if let Ok(ended) = started.checked_add(took) {
            fields.insert("endTimeUtc".into(), json!(ended.to_string()));
        }
    }
    invocation
}

fn artifacts(report: &ValidationReport) -> Vec<Value> {
    let mut artifacts: Vec<Value> = report
        .sources
        .iter()
        .map(|source| {
            let mut artifact = json!({
                "location": { "uri": uri(&source.path), "uriBaseId": BASE },
                "length": source.bytes,
                "roles": ["analysisTarget"],
                "hashes": { "sha-256": *visible(&source.sha256) },
            });
            let rust = source
                .path
                .rsplit_once('.')
                .is_some_and(|(_, end)| end == "rs");
            if let (true, Some(fields)) = (rust, artifact.as_object_mut()) {
                fields.insert("sourceLanguage".into(), json!("rust"));
            }
            artifact
        })
        .collect();
    if let Some(digest) = &report.artifact_digest {
        let name = format!("{}-{}.wasm", shortened(&report.name, 64), report.version);
        artifacts.push(json!({
            "description": { "text": "The module that was built." },
            "location": { "uri": uri(&name) },
            "mimeType": "application/wasm",
            "roles": ["analysisTarget"],
            "hashes": { "sha-256": *visible(digest) },
        }));
    }
    artifacts
}

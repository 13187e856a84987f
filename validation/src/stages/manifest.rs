//! What the tool says of itself: printed by it, or given with the proposal.

mod capabilities;
mod examples;

use super::telling::{ending, succeeded, tail};
use super::{Found, Stage};
use crate::{
    CallBudget, CapabilityRequest, Contract, Finding, Manifest, Place, ProposedTool,
    ValidationError,
};
use policies::{Capabilities, Fuel, Policy, WallTime};
use runtime::{Call, Execution, Tool};
use serde_json::Value;

/// Fuel for printing a manifest; the SDK's way of doing it takes less than a hundredth of it.
const FUEL: Fuel = Fuel(100_000_000);
/// Time for printing a manifest.
const TIME: WallTime = WallTime::millis(2_000);

/// What could be learnt: each part that is missing has its finding.
pub(crate) struct Agreed {
    pub(crate) manifest: Option<Manifest>,
    /// The manifest's schemas, if both are valid.
    pub(crate) contract: Option<Contract>,
    /// The ceiling's limits and the capabilities asked for; folders are left for callers to bind.
    pub(crate) grant: Policy,
}

/// Asks the tool, checks what it says, and tells what it would be granted; `promised` is the
/// budget that the package has.
pub(crate) async fn agree(
    stage: Stage<'_>,
    proposal: &ProposedTool,
    tool: &Tool,
    ceiling: &Policy,
    promised: CallBudget,
) -> Result<(Found, Agreed), ValidationError> {
    let mut found = Found::default();
    let mut manifest = learn(stage, &mut found, proposal, tool, ceiling).await?;
    if let Some(manifest) = &mut manifest {
        budget(&mut found, manifest, promised);
    }
    let requests = manifest
        .as_ref()
        .map_or(&[][..], |manifest| &manifest.capabilities);
    let grant = capabilities::grant(&mut found, proposal, requests, ceiling);
    let mut contract = None;
    if let Some(manifest) = &manifest {
        names(&mut found, proposal, manifest);
        contract = schemas(&mut found, manifest);
        examples::check(&mut found, manifest, contract.as_ref());
        found.count("examples_count", manifest.examples.len() as u64);
        found.count("capabilities_count", manifest.capabilities.len() as u64);
    }
    let agreed = Agreed {
        manifest,
        contract,
        grant,
    };
    Ok((found, agreed))
}

/// What an earlier version would be granted, whose manifest was looked at in its time.
pub(crate) fn granted(
    proposal: &ProposedTool,
    requests: &[CapabilityRequest],
    ceiling: &Policy,
) -> Policy {
    capabilities::grant(&mut Found::default(), proposal, requests, ceiling)
}

/// What a tool prints as its manifest; none where it does not.
pub(crate) async fn printed(
    stage: Stage<'_>,
    tool: &Tool,
    ceiling: &Policy,
) -> Result<Option<Manifest>, ValidationError> {
    let execution = ask(stage, tool, ceiling).await?;
    let printed = succeeded(&execution).then(|| serde_json::from_slice(&execution.output));
    Ok(printed.and_then(Result::ok))
}

/// Calls a tool with the argument `manifest`, with next to nothing granted.
async fn ask(
    stage: Stage<'_>,
    tool: &Tool,
    ceiling: &Policy,
) -> Result<Execution, ValidationError> {
    let mut policy = Policy {
        limits: ceiling.limits,
        capabilities: Capabilities::default(),
    }
    .intersect(ceiling);
    policy.limits.fuel = policy.limits.fuel.min(FUEL);
    policy.limits.wall_time = policy.limits.wall_time.min(TIME);
    stage
        .run(tool, Call::new(policy).with_args(["manifest"]))
        .await
}

/// The manifest that holds: what the tool prints, else what the proposal has.
async fn learn(
    stage: Stage<'_>,
    found: &mut Found,
    proposal: &ProposedTool,
    tool: &Tool,
    ceiling: &Policy,
) -> Result<Option<Manifest>, ValidationError> {
    let execution = ask(stage, tool, ceiling).await?;
    let printed = serde_json::from_slice::<Manifest>(&execution.output)
        .map_err(|error| format!("what it prints is no manifest: {error}"));
    let printed = if succeeded(&execution) {
        printed
    } else {
        Err(format!("it {}", ending(&execution)))
    };
    // Whether it means to print one: then it must not be passed over.
    let attempted = succeeded(&execution)
        && serde_json::from_slice::<Value>(&execution.output)
            .is_ok_and(|printed| printed.get("input_schema").is_some());
    match (printed, &proposal.specification) {
        (Ok(printed), given) => {
            if let Some(given) = given {
                compare(found, &printed, given);
            }
            Ok(Some(printed))
        }
        (Err(reason), _) if attempted => {
            found.add(Finding::error(
                "manifest/not-printed",
                format!("called with the argument `manifest`, {reason}"),
                "print the manifest as the SDK's #[tool] does",
            ));
            Ok(proposal.specification.clone())
        }
        (Err(_), Some(given)) => Ok(Some(given.clone())),
        (Err(reason), None) => {
            let said = tail(&String::from_utf8_lossy(&execution.stderr.bytes), 3);
            found.add(Finding::error(
                "manifest/missing",
                format!(
                    "called with the argument `manifest`, {reason}; and the proposal has no specification\n{said}"
                ),
                "write the tool with the SDK's #[tool], or give the manifest as `specification` (tool.json)",
            ));
            Ok(None)
        }
    }
}

/// Two manifests of one tool must be the same.
fn compare(found: &mut Found, printed: &Manifest, given: &Manifest) {
    let differs = [
        ("name", printed.name != given.name),
        ("version", printed.version != given.version),
        ("description", printed.description != given.description),
        ("input_schema", printed.input_schema != given.input_schema),
        (
            "output_schema",
            printed.output_schema != given.output_schema,
        ),
        ("capabilities", printed.capabilities != given.capabilities),
        ("examples", printed.examples != given.examples),
        ("properties", printed.properties != given.properties),
        ("budget", printed.budget != given.budget),
    ];
    let fields: Vec<&str> = differs
        .into_iter()
        .filter_map(|(field, differs)| differs.then_some(field))
        .collect();
    if let Some(first) = fields.first() {
        let finding = Finding::error(
            "manifest/mismatch",
            format!(
                "the proposal's specification is not what the tool prints with the argument `manifest`: they differ in {}",
                fields.join(", ")
            ),
            "leave the specification out: the tool's own words hold",
        );
        found.add(finding.at(at(&format!("/{first}"))));
    }
}

/// The budget of the package and that of the manifest are one.
fn budget(found: &mut Found, manifest: &mut Manifest, promised: CallBudget) {
    if manifest.budget.is_empty() {
        manifest.budget = promised;
    } else if !promised.is_empty() && promised != manifest.budget {
        found.add(
            Finding::error(
                "manifest/mismatch",
                "the manifest has another budget than Cargo.toml has in [package.metadata.wasm-runner.budget]",
                "write it once",
            )
            .at(at("/budget")),
        );
    }
    for (part, why) in manifest.budget.problems() {
        found.add(
            Finding::error(
                "manifest/budget-invalid",
                format!("the budget's {part} can't be meant: {why}"),
                "promise what a call needs at most, or leave it out",
            )
            .at(at(&format!("/budget/{part}"))),
        );
    }
}

fn names(found: &mut Found, proposal: &ProposedTool, manifest: &Manifest) {
    let mut mismatch = |field: &str, theirs: &str, ours: &str| {
        if theirs != ours {
            found.add(
                Finding::error(
                    "manifest/mismatch",
                    format!("the manifest's {field} is `{theirs}`, the proposal's `{ours}`"),
                    format!("use one {field}"),
                )
                .at(at(&format!("/{field}"))),
            );
        }
    };
    mismatch("name", &manifest.name, &proposal.name);
    mismatch(
        "version",
        &manifest.version.to_string(),
        &proposal.version.to_string(),
    );
    descriptions(found, proposal, manifest);
}

/// What the README of a new package says before its author changed it.
const TEMPLATE_README: &str = "Counts the words of a text and finds the longest.";
/// The tool that the README of a new package is true of.
const TEMPLATE_TOOL: &str = "Counts the words of a text (whatever stands between white space)";

/// People and agents choose by the manifest's description: whatever else says what the tool does
/// is held against it.
fn descriptions(found: &mut Found, proposal: &ProposedTool, manifest: &Manifest) {
    let (theirs, ours) = (manifest.description.trim(), proposal.description.trim());
    if proposal.documentation.contains(TEMPLATE_README) && !theirs.starts_with(TEMPLATE_TOOL) {
        found.add(Finding::note(
            "manifest/template-readme",
            "README.md is still that of the package that `wasm-runner new` writes: it says that the tool counts words",
            "say in README.md what this tool does and when to choose it",
        ));
    }
    if !theirs.is_empty() && !ours.is_empty() && theirs != ours {
        let note = Finding::note(
            "manifest/description-differs",
            format!(
                "the tool says of itself {}, and its proposal (Cargo.toml) {}: the tool's own words are published",
                opening(theirs),
                opening(ours)
            ),
            "say it once: leave `description` out of the proposal, and write what holds above the function",
        );
        found.add(note.at(at("/description")));
    }
    if theirs.is_empty() {
        found.add(
            Finding::error(
                "manifest/no-description",
                "the manifest has no description",
                "say what the tool does, when to choose it and when not: agents choose by it",
            )
            .at(at("/description")),
        );
    }
}

fn schemas(found: &mut Found, manifest: &Manifest) -> Option<Contract> {
    for (which, schema) in [
        ("input_schema", &manifest.input_schema),
        ("output_schema", &manifest.output_schema),
    ] {
        if says_nothing(schema) {
            found.add(
                Finding::note(
                    "manifest/schema-says-nothing",
                    format!("any value fits the {which}"),
                    "name type, fields and bounds: agents learn from the schema how to call the tool",
                )
                .at(at(&format!("/{which}"))),
            );
        }
    }
    Contract::compile(manifest)
        .map_err(|errors| {
            for error in errors {
                let place = at(&format!("/{}", error.which));
                found.add(
                    Finding::error(
                        "manifest/invalid-schema",
                        error.to_string(),
                        "mend the schema; with the SDK, derive it from the types",
                    )
                    .at(place),
                );
            }
        })
        .ok()
}

fn says_nothing(schema: &Value) -> bool {
    const WORDS: [&str; 4] = ["$schema", "title", "description", "$comment"];
    match schema {
        Value::Bool(accepts) => *accepts,
        Value::Object(keywords) => keywords.keys().all(|key| WORDS.contains(&key.as_str())),
        _ => false,
    }
}

/// A text's beginning, in quotes: enough to know it again.
fn opening(text: &str) -> String {
    const MOST: usize = 160;
    let line = text.lines().next().unwrap_or_default();
    let cut = &line[..line.floor_char_boundary(MOST)];
    let more = if cut.len() < text.len() { "…" } else { "" };
    format!("\u{201c}{cut}{more}\u{201d}")
}

/// A place in the manifest.
fn at(pointer: &str) -> Place {
    Place::Manifest {
        pointer: pointer.to_owned(),
    }
}

#[cfg(test)]
#[path = "manifest/unit.rs"]
mod unit;

//! The example tools, good and bad, each through the whole of validation.

mod common;

use common::{rules, shown, validate, validator};
use policies::WallTime;
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use validation::{
    Budget, Installation, ProposedTool, ReportForm, Validated, ValidationReport, Validator,
    ValidatorOptions, Verdict,
};

/// The time within which a planted fault has to be found.
const ENOUGH: WallTime = WallTime::secs(30);
/// Tools that are built at the same time: each build keeps a processor busy by itself.
const AT_A_TIME: usize = 2;

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    verdict: Verdict,
    /// The rule of a finding that must be there.
    #[serde(default)]
    rule: Option<String>,
    /// Another one that tells the same fault, where chance decides which input comes first.
    #[serde(default)]
    or_rule: Option<String>,
}

impl Expected {
    fn is_told(&self, validated: &Validated) -> bool {
        let there = |rule: &String| rules(validated).contains(&rule.as_str());
        self.rule.iter().all(there) || self.or_rule.as_ref().is_some_and(there)
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/tools")
}

fn expected() -> BTreeMap<String, Expected> {
    let path = folder().join("expected.toml");
    let text = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn every_tool_has_its_expectation_and_the_other_way_round() {
    let mut there = BTreeSet::new();
    for group in ["good", "bad"] {
        for entry in std::fs::read_dir(folder().join(group)).expect("a folder") {
            let name = entry.expect("an entry").file_name();
            there.insert(format!("{group}/{}", name.to_string_lossy()));
        }
    }
    let expected: BTreeSet<String> = expected().into_keys().collect();
    assert_eq!(there, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_good_tools_get_their_verdicts() {
    check("good/").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_bad_tools_fail_for_their_reasons() {
    check("bad/").await;
}

/// Validates the tools of a group, and names every one that went otherwise than expected.
async fn check(group: &str) {
    let validator = validator().await;
    let mut waiting = expected()
        .into_iter()
        .filter(|(name, _)| name.starts_with(group));
    let mut running = tokio::task::JoinSet::new();
    let mut wrong = Vec::new();
    loop {
        while running.len() < AT_A_TIME {
            let Some((name, expected)) = waiting.next() else {
                break;
            };
            running.spawn(one(validator.clone(), name, expected));
        }
        match running.join_next().await {
            None => break,
            Some(result) => wrong.extend(result.expect("a validation does not panic").err()),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Closes every object of a schema, so that a field which it does not name is refused.
fn closed(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            if fields.contains_key("properties") && !fields.contains_key("additionalProperties") {
                fields.insert("additionalProperties".to_owned(), false.into());
            }
            fields.values_mut().for_each(closed);
        }
        Value::Array(items) => items.iter_mut().for_each(closed),
        _ => {}
    }
}

/// Whether a real report fits its schema, comes back whole, and has every form, none of which
/// names a folder of this machine.
fn forms(report: &ValidationReport) -> Result<(), String> {
    let mut schema = validation::report_schema();
    closed(&mut schema);
    let schema = jsonschema::draft202012::new(&schema).map_err(|error| error.to_string())?;
    let json = report.render(ReportForm::Json, Budget::default());
    let value: Value = serde_json::from_str(&json).map_err(|error| error.to_string())?;
    if let Some(error) = schema.iter_errors(&value).next() {
        return Err(format!("{}: {error}", error.instance_path()));
    }
    let read = ValidationReport::from_json(json.as_bytes()).map_err(|error| error.to_string())?;
    if read != *report {
        return Err("the report does not come back whole".to_owned());
    }
    let sarif = report.render(ReportForm::Sarif, Budget::default());
    serde_json::from_str::<serde_sarif::sarif::Sarif>(&sarif).map_err(|error| error.to_string())?;
    let home = Installation::locate().display().to_string();
    for form in ReportForm::ALL {
        let text = report.render(form, Budget::default());
        if text.contains("/tmp/") || text.contains(&home) {
            return Err(format!("{form} names a folder of this machine"));
        }
    }
    Ok(())
}

async fn one(validator: Validator, name: String, expected: Expected) -> Result<(), String> {
    let path = folder().join(&name);
    let proposal = if path.is_dir() {
        ProposedTool::from_dir(&path)
    } else {
        let text = std::fs::read_to_string(&path).map_err(|error| format!("{name}: {error}"))?;
        ProposedTool::from_json(&text)
    };
    let proposal = proposal.map_err(|error| format!("{name}: {error}"))?;
    let mut validated = validate(&validator, &proposal)
        .await
        .map_err(|error| format!("{name}: {error}"))?;
    let by_fuzzing = expected
        .rule
        .as_ref()
        .is_some_and(|it| it.starts_with("fuzz/"));
    if by_fuzzing && !expected.is_told(&validated) {
        // On a machine that does other things too, the usual time is short.
        let mut options = ValidatorOptions::default();
        options.fuzz_time = ENOUGH;
        let patient = validator.clone().with_options(options);
        validated = validate(&patient, &proposal)
            .await
            .map_err(|error| format!("{name}: {error}"))?;
    }
    forms(&validated.report).map_err(|wrong| format!("{name}: {wrong}"))?;
    if validated.report.verdict == expected.verdict && expected.is_told(&validated) {
        return Ok(());
    }
    Err(format!(
        "{name}: {} with {:?} was expected\n{}",
        expected.verdict.as_str(),
        expected.rule,
        shown(&validated)
    ))
}

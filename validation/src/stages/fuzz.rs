//! Inputs that nobody thought of.

mod learnt;

use super::bench::Tried;
use super::fixtures::Fixtures;
use super::telling::panic;
use super::{Found, Stage};
use crate::finding::presentable;
use crate::{
    CapabilityRequest, Contract, Finding, Manifest, ProposedTool, Reproducer, Severity,
    ValidationError, ValidatorOptions,
};
use fuzzing::{Bind, Report, Spec, Subject};
use policies::{Fuel, WallTime};
use runtime::Tool;
use serde_json::Value;
use std::time::Duration;

/// What is fuzzed.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) stage: Stage<'a>,
    pub(crate) proposal: &'a ProposedTool,
    pub(crate) manifest: &'a Manifest,
    pub(crate) fixtures: &'a Fixtures,
    pub(crate) module: &'a [u8],
    pub(crate) tool: &'a Tool,
}

/// Fuel of a run that confirms, at most: a second of work. An input of a few kilobytes that
/// takes more is a finding, whatever more the ceiling would allow.
const MOST_FUEL: Fuel = Fuel(1_000_000_000);
/// Time of a run that confirms, at least: what runs out should be the fuel, on any machine.
const LEAST_TIME: WallTime = WallTime::secs(10);
/// Time for confirming what was found and making it small, beside that for looking.
const AFTERWARDS: Duration = Duration::from_secs(20);

/// The tool's contract, as the fuzzer asks it.
struct Asked {
    contract: Contract,
    /// The same without what its input schema says of values.
    forms: Option<Contract>,
}

impl fuzzing::Contract for Asked {
    fn check_input(&self, value: &Value) -> Result<(), String> {
        self.contract
            .check_input(value)
            .map_err(|error| error.to_string())
    }

    fn check_output(&self, value: &Value) -> Result<(), String> {
        self.contract
            .check_output(value)
            .map_err(|error| error.to_string())
    }

    fn allows_input(&self, value: &Value) -> bool {
        self.contract.allows_input(value)
    }

    fn forbids_value(&self, value: &Value) -> bool {
        let fits = |contract: &Contract| contract.allows_input(value);
        !fits(&self.contract) && self.forms.as_ref().is_some_and(fits)
    }
}

/// Runs a campaign, and makes findings of what it found; gives the inputs that it kept, too.
pub(crate) async fn run(context: Context<'_>) -> Result<(Found, Tried), ValidationError> {
    let mut found = Found::default();
    let mut manifest = context.manifest.clone();
    manifest.input_schema = fuzzing::with_format_ranges(&manifest.input_schema);
    let Ok(contract) = Contract::new(&manifest) else {
        // The manifest's stage has said so; without schemas there is nothing to hold it to.
        return Ok((found, Tried::default()));
    };
    let spec = spec(&manifest, contract);
    let options = options(context.stage.options);
    let (module, tool) = (context.module.to_vec(), context.tool.clone());
    let fixtures = context.fixtures.clone();
    let (heard, mut progress) = tokio::sync::mpsc::unbounded_channel();
    let campaign = tokio::task::spawn_blocking(move || {
        let bind: Bind<'_> = Box::new(move || {
            let bound = fixtures.bind_now()?;
            let mut policy = bound.policy.clone();
            policy.limits.fuel = policy.limits.fuel.min(MOST_FUEL);
            policy.limits.wall_time = policy.limits.wall_time.max(LEAST_TIME);
            Ok((policy, Box::new(bound) as fuzzing::Kept))
        });
        let subject = Subject {
            wasm: &module,
            tool: &tool,
            bind,
            spec,
        };
        fuzzing::fuzz(&subject, &options, &mut |progress| {
            let _ = heard.send(progress);
        })
    });
    while let Some(progress) = progress.recv().await {
        context.stage.go_on()?;
        (context.stage.step)(format!(
            "{} runs, {:.0} a second, {} of {} edges, {} inputs kept, {} suspicious",
            progress.executions,
            progress.executions_per_second,
            progress.edges.0,
            progress.edges.1,
            progress.corpus,
            progress.suspects
        ));
    }
    let report = campaign
        .await
        .map_err(ValidationError::machine(FUZZING))?
        .map_err(ValidationError::machine(FUZZING))?;
    context.stage.go_on()?;
    figures(&mut found, &report);
    for one in &report.findings {
        found.add(finding(one, context.proposal));
    }
    found.findings.extend(learnt::check(&manifest, &report));
    if let Some(why) = &report.no_coverage {
        found.add(Finding::note(
            "fuzz/no-coverage",
            format!("inputs were tried without knowing which code they reach: {why}"),
            "nothing is wrong with the tool; its report stands on fewer and less varied inputs",
        ));
    }
    for what in &report.not_examined {
        found.add(Finding::note(
            "fuzz/not-examined",
            format!("this was not examined: {what}"),
            "give the campaign more time",
        ));
    }
    let tried = Tried {
        costliest: report.costliest,
        corpus: report.corpus,
    };
    Ok((found, tried))
}

const FUZZING: &str = "fuzzing the module";

fn spec(manifest: &Manifest, contract: Contract) -> Spec {
    let mut spec = Spec::default();
    let mut loose = manifest.clone();
    leave_forms(&mut loose.input_schema);
    spec.contract = Some(Box::new(Asked {
        contract,
        forms: Contract::new(&loose).ok(),
    }));
    spec.input_schema = Some(manifest.input_schema.clone());
    spec.promises.deterministic = manifest.properties.deterministic;
    spec.promises.idempotent = manifest.properties.idempotent;
    spec.promises.total = manifest.properties.total;
    spec.growth_bound = manifest.budget.growth;
    spec.seeds = manifest
        .examples
        .iter()
        .map(|example| example.input.to_string().into_bytes())
        .collect();
    for request in &manifest.capabilities {
        match request {
            CapabilityRequest::RealClock { .. } | CapabilityRequest::RealRandom { .. } => {
                spec.may_vary = true;
            }
            CapabilityRequest::Environment { name, .. } => spec.environment.push(name.clone()),
            CapabilityRequest::Directory { .. } | CapabilityRequest::Network { .. } => {}
        }
    }
    spec
}

/// Takes out of a schema what it says of values, and leaves what it says of their form. What
/// makes an alternative of several is left, or one value would fit two of them.
fn leave_forms(schema: &mut Value) {
    const OF_VALUES: [&str; 12] = [
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
        "minLength",
        "maxLength",
        "pattern",
        "minItems",
        "maxItems",
        "minProperties",
        "maxProperties",
    ];
    match schema {
        Value::Object(members) => {
            for keyword in OF_VALUES {
                // A property may have the name of a keyword: its schema is none of these.
                if members
                    .get(keyword)
                    .is_some_and(|it| it.is_number() || it.is_string())
                {
                    members.remove(keyword);
                }
            }
            for (name, below) in members.iter_mut() {
                if !matches!(name.as_str(), "enum" | "const" | "default" | "examples") {
                    leave_forms(below);
                }
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(leave_forms),
        _ => {}
    }
}

fn options(chosen: &ValidatorOptions) -> fuzzing::Options {
    let mut options = fuzzing::Options::default();
    options.seed = chosen.fuzz_seed;
    options.budget.executions = chosen.fuzz_executions;
    options.budget.time = match chosen.fuzz_executions {
        // So many runs, however long they take: what the same seed gives again.
        Some(_) => None,
        None => Some(chosen.fuzz_time.as_duration()),
    };
    options.budget.plateau = chosen.fuzz_plateau;
    options.afterwards = match chosen.fuzz_executions {
        Some(_) => None,
        None => Some(AFTERWARDS),
    };
    options
}

#[allow(clippy::cast_precision_loss, reason = "figures for people")]
fn figures(found: &mut Found, report: &Report) {
    found.count("runs_count", report.executions);
    found.count("edges_count", report.edges.1 as u64);
    found.count("reached_edges_count", report.edges.0 as u64);
    found.count("instances_count", report.instances);
    found.count("corpus_count", report.corpus.len() as u64);
    found.count("answered_count", report.inputs.0);
    found.count("refused_count", report.inputs.1);
    found.count("unconfirmed_count", report.unconfirmed as u64);
    let metrics = &mut found.metrics;
    let rate = report.executions_per_second.round();
    metrics.insert("runs_per_second".to_owned(), rate);
    if report.edges.1 > 0 {
        let share = report.edges.0 as f64 / report.edges.1 as f64 * 100.0;
        metrics.insert("coverage_percent".to_owned(), (share * 10.0).round() / 10.0);
    }
    if let Some(growth) = report.growth {
        metrics.insert("growth_exponent".to_owned(), (growth * 10.0).round() / 10.0);
    }
}

fn finding(one: &fuzzing::Finding, proposal: &ProposedTool) -> Finding {
    let mut finding = Finding::error(one.rule.id(), &one.message, one.remedy());
    finding.severity = match one.severity {
        fuzzing::Severity::Note => Severity::Note,
        fuzzing::Severity::Warning => Severity::Warning,
        fuzzing::Severity::Error => Severity::Error,
    };
    let stderr = one
        .execution
        .as_ref()
        .map(|it| String::from_utf8_lossy(&it.stderr.bytes).into_owned());
    finding.place = stderr
        .and_then(|stderr| panic(&stderr, proposal))
        .and_then(|panic| panic.place);
    let text = String::from_utf8_lossy(&one.input);
    if text.as_bytes() != one.input {
        finding.message = presentable(&format!(
            "{}; the input is no UTF-8, in hexadecimal: {}",
            finding.message,
            hex::encode(&one.input)
        ));
    }
    finding.again(Reproducer {
        args: Vec::new(),
        input: text.into_owned(),
        seed: Some(one.world.seed),
        fuel: Some(one.fuel),
    })
}

#[cfg(test)]
mod unit;

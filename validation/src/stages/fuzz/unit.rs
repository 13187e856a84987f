use super::*;
use crate::stages::example::{Answer, End, Script, load, proposal};
use crate::{Properties, StageKind};
use policies::Policy;
use runtime::CancellationToken;
use serde_json::json;
use std::time::Instant;

fn manifest(properties: Properties) -> Manifest {
    Manifest {
        name: "adder".to_owned(),
        version: semver::Version::new(1, 0, 0),
        description: "Adds.".to_owned(),
        input_schema: json!({"type": "object", "properties": {"n": {"type": "integer"}}}),
        output_schema: json!(true),
        capabilities: Vec::new(),
        examples: Vec::new(),
        properties,
        budget: crate::CallBudget::default(),
    }
}

async fn found(script: Script, properties: Properties) -> Found {
    let mut options = crate::stages::example::options();
    options.fuzz_executions = Some(1_500);
    let (cancel, proposal) = (CancellationToken::new(), proposal());
    let mut grant = Policy::default();
    grant.limits.fuel = Fuel(5_000_000);
    let module = script.module();
    let context = Context {
        stage: Stage {
            options: &options,
            cancel: &cancel,
            step: &|_| {},
            until: Instant::now() + Duration::from_mins(1),
        },
        proposal: &proposal,
        manifest: &manifest(properties),
        fixtures: &Fixtures::new(&proposal, &[], &grant),
        module: &module,
        tool: &load(&module),
    };
    run(context).await.expect("a machine that works").0
}

fn ends(stdout: &str, stderr: &str, end: End) -> Script {
    let (stdout, stderr) = (stdout.to_owned(), stderr.to_owned());
    Script::new().answers(
        "",
        Answer {
            stdout,
            stderr,
            end,
        },
    )
}

fn rules(found: &Found) -> Vec<(&str, Severity)> {
    let findings = found.findings.iter();
    findings
        .filter(|it| it.severity > Severity::Note)
        .map(|it| (it.rule.as_str(), it.severity))
        .collect()
}

#[tokio::test]
async fn a_tool_that_answers_well_has_figures_and_no_finding() {
    let found = found(Script::new().prints("", "{}"), Properties::default()).await;
    assert_eq!(rules(&found), []);
    assert!(found.metrics["runs_count"] >= 1_500.0);
    assert!(found.metrics["coverage_percent"] > 0.0);
    assert!(found.metrics["answered_count"] > 0.0);
}

#[tokio::test]
async fn what_was_found_has_a_place_a_reproducer_and_a_remedy() {
    let panics = "thread 'main' (1) panicked at src/main.rs:3:5:\nboom\n";
    let found = found(ends("", panics, End::Trap), Properties::default()).await;
    let errors: Vec<_> = rules(&found);
    assert_eq!(errors, [("fuzz/panic", Severity::Error)]);
    let finding = &found.findings[0];
    assert!(finding.message.contains("boom"), "{}", finding.message);
    assert!(matches!(
        &finding.place,
        Some(crate::Place::File { line: Some(3), .. })
    ));
    let again = finding.reproducer.as_ref().expect("a reproducer");
    assert_eq!(
        (again.input.as_str(), again.seed, again.fuel),
        ("{}", Some(0), Some(5_000_000))
    );
    assert_eq!(StageKind::Fuzz.as_str(), "fuzz");
}

#[tokio::test]
async fn promises_are_tried_on_what_nobody_thought_of() {
    let total = Properties {
        total: true,
        ..Properties::default()
    };
    let refuses = || ends("", "no", End::Exit(1));
    assert_eq!(
        rules(&found(refuses(), total).await),
        [("fuzz/refuses-valid-input", Severity::Error)]
    );
    assert_eq!(rules(&found(refuses(), Properties::default()).await), []);
    let deterministic = Properties {
        deterministic: true,
        ..Properties::default()
    };
    let varies = || ends("", "", End::Random);
    let found = found(varies(), deterministic).await;
    assert!(
        rules(&found)
            .iter()
            .any(|it| it.0 == "fuzz/follows-randomness"),
        "{:?}",
        rules(&found)
    );
}

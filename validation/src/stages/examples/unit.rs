use super::*;
use crate::stages::example::{Answer, End, Script, load, options, proposal};
use crate::{Example, Properties};
use policies::{Access, DirectoryGrant, Fuel, GuestPath, HostPath};
use runtime::CancellationToken;
use serde_json::json;
use std::time::Instant;

fn example(input: Value, output: Option<Value>, error: Option<&str>) -> Example {
    Example {
        name: String::new(),
        input,
        output,
        error: error.map(str::to_owned),
    }
}

fn manifest(examples: Vec<Example>, properties: Properties) -> Manifest {
    Manifest {
        name: "adder".to_owned(),
        version: semver::Version::new(1, 0, 0),
        description: "Adds.".to_owned(),
        input_schema: json!(true),
        output_schema: json!({"type": ["integer", "string"]}),
        capabilities: Vec::new(),
        examples,
        properties,
        budget: crate::CallBudget::default(),
    }
}

async fn run_all(answer: Answer, manifest: &Manifest, tested: bool) -> Found {
    let options = options();
    let cancel = CancellationToken::new();
    let proposal = proposal();
    let mut grant = Policy::default();
    grant.limits.fuel = Fuel(10_000_000);
    grant.capabilities.directories.push(DirectoryGrant {
        guest: GuestPath::Path("/data".to_owned()),
        host: HostPath::Any,
        access: Access::Read,
    });
    let context = Context {
        stage: Stage {
            options: &options,
            cancel: &cancel,
            step: &|_| {},
            until: Instant::now() + options.stage_time.as_duration(),
        },
        proposal: &proposal,
        manifest,
        contract: Some(&Contract::new(manifest).expect("schemas")),
        fixtures: &Fixtures::new(&proposal, &[], &grant),
        tool: &load(&Script::new().answers("", answer).module()),
        tested,
    };
    run(context).await.expect("the machine does its part")
}

/// The rules that one example of a tool with this answer gives.
async fn found(answer: Answer, example: Example, properties: Properties) -> Vec<String> {
    let found = run_all(answer, &manifest(vec![example], properties), true).await;
    found
        .findings
        .into_iter()
        .map(|finding| finding.rule)
        .collect()
}

fn says(stdout: &str) -> Answer {
    Answer {
        stdout: stdout.to_owned(),
        ..Answer::default()
    }
}

fn ends(end: End, stderr: &str) -> Answer {
    Answer {
        stderr: stderr.to_owned(),
        end,
        ..Answer::default()
    }
}

const NONE: [&str; 0] = [];

#[tokio::test]
async fn a_tool_that_looks_for_files_is_told_how_to_ask_for_them() {
    let answer = ends(End::Exit(1), "No such file or directory (os error 44)");
    let manifest = manifest(
        vec![example(json!(1), Some(json!(3)), None)],
        Properties::default(),
    );
    let found = run_all(answer, &manifest, true).await;
    let remedy = &found.findings[0].remedy;
    assert!(remedy.contains("capability(directory"), "{remedy}");
}

#[tokio::test]
async fn outputs_are_compared_as_json_values() {
    let nothing = Properties::default();
    let output = |value| example(json!(1), Some(value), None);
    assert_eq!(found(says(" 3 \n"), output(json!(3)), nothing).await, NONE);
    assert_eq!(found(says("3.0"), output(json!(3)), nothing).await, NONE);
    assert_eq!(
        found(says("4"), output(json!(3)), nothing).await,
        ["examples/wrong-output"]
    );
    assert_eq!(
        found(says("3 3"), output(json!(3)), nothing).await,
        ["examples/output-not-json"]
    );
    assert_eq!(
        found(says("[]"), output(json!(3)), nothing).await,
        ["examples/output-against-schema"]
    );
    let any = example(json!(1), None, None);
    assert_eq!(found(says("3"), any.clone(), nothing).await, NONE);
    assert_eq!(
        found(says("[]"), any, nothing).await,
        ["examples/output-against-schema"]
    );
}

#[tokio::test]
async fn each_way_to_end_has_its_rule() {
    let nothing = Properties::default();
    let any = || example(json!(1), None, None);
    let panic = "thread 'main' (1) panicked at src/main.rs:3:1:\nindex out of bounds\n";
    for (answer, rule) in [
        (ends(End::Loop, ""), "examples/fuel-exhausted"),
        (ends(End::Trap, panic), "examples/panicked"),
        (ends(End::Trap, ""), "examples/failed"),
        (ends(End::Exit(1), "no"), "examples/failed"),
        (
            says(&"x".repeat(1024 * 1024 + 1)),
            "examples/output-exceeded",
        ),
    ] {
        assert_eq!(found(answer, any(), nothing).await, [rule]);
    }
}

#[tokio::test]
async fn refusals_are_compared_by_their_words() {
    let nothing = Properties::default();
    let refused = |words: &str| example(json!(1), None, Some(words));
    let line = "{\"level\":\"error\",\"code\":\"too_large\",\"message\":\"say \\\"less\\\"\"}\n";
    let no = || ends(End::Exit(1), line);
    assert_eq!(found(no(), refused("say \"less\""), nothing).await, NONE);
    assert_eq!(found(no(), refused("too_large"), nothing).await, NONE);
    assert_eq!(
        found(no(), refused("say more"), nothing).await,
        ["examples/expected-error"]
    );
    assert_eq!(
        found(says("3"), refused("say"), nothing).await,
        ["examples/expected-error"]
    );
}

#[tokio::test]
async fn what_it_was_denied_although_all_went_well_is_for_a_person() {
    let any = example(json!(1), None, None);
    let opens = Answer {
        end: End::Open,
        ..says("1")
    };
    let found = run_all(opens, &manifest(vec![any], Properties::default()), true).await;
    // The folder that was granted has no such file: that is no denial.
    assert_eq!(found.findings, []);
}

#[tokio::test]
async fn promises_of_determinism_are_tried() {
    let deterministic = Properties {
        deterministic: true,
        ..Properties::default()
    };
    let any = || example(json!(1), None, None);
    for end in [End::Random, End::Clock] {
        let answer = || ends(end, "");
        assert_eq!(found(answer(), any(), Properties::default()).await, NONE);
        assert_eq!(
            found(answer(), any(), deterministic).await,
            ["examples/not-deterministic"]
        );
    }
    assert_eq!(found(says("3"), any(), deterministic).await, NONE);
}

#[tokio::test]
async fn promises_of_idempotence_are_tried() {
    let idempotent = Properties {
        idempotent: true,
        ..Properties::default()
    };
    let any = |input| example(input, None, None);
    assert_eq!(
        found(ends(End::Echo, ""), any(json!("x")), idempotent).await,
        NONE
    );
    // It answers 3 to everything, so that is what 3 gives too.
    assert_eq!(found(says("3"), any(json!(1)), idempotent).await, NONE);
    let mut refuses_texts = manifest(vec![any(json!(1))], idempotent);
    refuses_texts.input_schema = json!({"type": "integer"});
    let found = run_all(says("\"x\""), &refuses_texts, true).await;
    assert_eq!(found.findings[0].rule, "examples/not-idempotent");
    assert!(found.findings[0].message.contains("is no input"));
    assert_eq!(found.metrics["held_count"], 0.0);
}

#[tokio::test]
async fn without_examples_tests_must_stand_for_the_tool() {
    let none = manifest(Vec::new(), Properties::default());
    let severity = async |tested| run_all(says("3"), &none, tested).await.findings[0].severity;
    assert_eq!(severity(true).await, Severity::Warning);
    assert_eq!(severity(false).await, Severity::Error);
}

#[tokio::test]
async fn examples_beyond_the_limit_are_refused_at_the_edge() {
    let many = |count| {
        manifest(
            vec![example(json!(1), None, None); count],
            Properties::default(),
        )
    };
    let most = options().max_examples;
    assert!(!run_all(says("3"), &many(most), true).await.failed());
    let found = run_all(says("3"), &many(most + 1), true).await;
    assert_eq!(found.findings[0].rule, "examples/too-many");
    assert_eq!(
        found.metrics["held_count"],
        f64::from(u32::try_from(most).expect("few"))
    );
}

//! Two versions of a tool, the new one run beside the old one.

mod common;

use common::{rules, shown, validate, validator};
use serde_json::json;
use validation::{
    BehaviourKind, Previous, ProposedTool, SourceChangeKind, Validated, Validator, Verdict,
};

/// A tool that rounds to whole hundreds, by an expression of its own.
fn version(version: &str, rounds: &str) -> ProposedTool {
    let source = format!(
        r#"use wasm_runner_sdk::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {{
    #[schemars(range(max = 1_000_000))]
    amount: u64,
}}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {{
    hundreds: u64,
}}

/// Rounds an amount to whole hundreds.
#[tool(
    example(name = "two", input = {{"amount": 200}}, output = {{"hundreds": 2}}),
    example(name = "one", input = {{"amount": 100}}, output = {{"hundreds": 1}}),
    properties(deterministic)
)]
fn round(input: Input) -> Result<Output, ToolError> {{
    let amount = input.amount;
    if amount > 1_000_000 {{
        return Err(ToolError::invalid_input("it is too much"));
    }}
    Ok(Output {{ hundreds: {rounds} }})
}}
"#
    );
    let tests = "use super::*;\n\n#[test]\nfn whole_hundreds_stay() {\n    \
        assert_eq!(round(Input { amount: 1_000 }).expect(\"always\").hundreds, 10);\n}\n";
    serde_json::from_value(json!({
        "name": "rounder", "version": version, "description": "Rounds an amount to whole hundreds.",
        "language": "rust", "documentation": "# rounder\n", "source_code": source,
        "test_code": tests,
        "dependencies": ["schemars@1", "serde = { version = \"1\", features = [\"derive\"] }",
            "wasm-runner-sdk@0.1"],
    }))
    .expect("a proposal")
}

/// What the first version leaves for the next.
async fn first(validator: &Validator) -> Previous {
    let tool = version("1.0.0", "(amount + 50) / 100");
    let validated = validate(validator, &tool).await.expect("the machine works");
    assert_eq!(
        validated.report.verdict,
        Verdict::Passed,
        "{}",
        shown(&validated)
    );
    assert_eq!(validated.report.changes, None);
    let number = tool.version.clone();
    let (module, manifest) = (validated.artifact, validated.manifest);
    Previous::version(
        number,
        module.expect("built"),
        manifest.expect("printed"),
        tool,
    )
}

async fn next(validator: &Validator, previous: &Previous, tool: &ProposedTool) -> Validated {
    let validator = validator.clone().with_previous(Some(previous.clone()));
    validate(&validator, tool).await.expect("the machine works")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_version_says_what_it_does_otherwise() {
    let validator = validator().await;
    let previous = first(&validator).await;

    // The same in other words: nothing to tell, and the report says what was looked at.
    let same = version("1.0.1", "amount / 100 + u64::from(amount % 100 >= 50)");
    let same = next(&validator, &previous, &same).await;
    assert_eq!(same.report.verdict, Verdict::Passed, "{}", shown(&same));
    let changes = same.report.changes.as_ref().expect("a version before");
    assert_eq!(changes.since, "1.0.0");
    assert!(changes.compared_count > 10, "{changes:?}");
    assert_eq!(
        (changes.differing_count, changes.incomparable_count),
        (0, 0)
    );
    let sources = changes.sources.as_ref().expect("known");
    let told = (sources[0].path.as_str(), sources[0].change);
    assert_eq!(told, ("src/main.rs", SourceChangeKind::Changed));
    assert_eq!((sources[0].lines_added, sources[0].lines_removed), (1, 1));
    let figure = |name: &str| changes.figures.iter().find(|it| it.name == name);
    assert!(figure("median_fuel").is_some_and(|it| it.before > 0.0 && it.after > 0.0));
    assert!(figure("module_bytes").is_some());

    // What is left over goes up now: no example shows it, so that nobody is called.
    let other = version("1.1.0", "amount.div_ceil(100)");
    let other = next(&validator, &previous, &other).await;
    assert_eq!(other.report.verdict, Verdict::Passed, "{}", shown(&other));
    assert!(
        rules(&other).contains(&"bench/changed-answer"),
        "{}",
        shown(&other)
    );
    let changes = other.report.changes.as_ref().expect("a version before");
    let behaviour = &changes.behaviours[0];
    assert_eq!(behaviour.kind, BehaviourKind::Answer);
    assert!(
        behaviour.input.len() <= r#"{"amount":49}"#.len(),
        "{behaviour:?}"
    );

    // Large amounts are refused now, which were answered: a person decides.
    let fails = version(
        "1.1.1",
        "if amount > 1_000 { return Err(ToolError::invalid_input(\"too much\")) } else { (amount + 50) / 100 }",
    );
    let fails = next(&validator, &previous, &fails).await;
    let verdict = fails.report.verdict;
    assert_eq!(verdict, Verdict::HumanReviewRequired, "{}", shown(&fails));
    assert!(
        rules(&fails).contains(&"bench/newly-fails"),
        "{}",
        shown(&fails)
    );

    // Unless the version says that it breaks.
    let breaks = version(
        "2.0.0",
        "if amount > 1_000 { return Err(ToolError::invalid_input(\"too much\")) } else { (amount + 50) / 100 }",
    );
    let breaks = next(&validator, &previous, &breaks).await;
    assert_eq!(breaks.report.verdict, Verdict::Passed, "{}", shown(&breaks));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hostile_version_before_harms_nobody() {
    let validator = validator().await;
    let tool = version("1.0.0", "(amount + 50) / 100");
    let spins = "(module (memory (export \"memory\") 1) (func (export \"_start\") (loop (br 0))))";
    for (module, rule) in [
        (b"no module at all".to_vec(), Some("bench/not-compared")),
        (wat::parse_str(spins).expect("a module"), None),
    ] {
        let validated = next(&validator, &Previous::module(module), &tool).await;
        let text = shown(&validated);
        assert_eq!(validated.report.verdict, Verdict::Passed, "{text}");
        let told = rules(&validated);
        assert!(rule.is_none_or(|rule| told.contains(&rule)), "{text}");
        assert!(validated.report.changes.is_some());
    }
}

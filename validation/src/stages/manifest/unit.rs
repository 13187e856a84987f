use super::*;
use crate::stages::example::{Script, load, options, proposal};
use runtime::CancellationToken;
use serde_json::json;
use std::time::Instant;

/// What is found where the tool prints a manifest with this description.
async fn found(described: &str, proposal: &ProposedTool) -> Vec<Finding> {
    let manifest = json!({
        "name": proposal.name,
        "version": proposal.version,
        "description": described,
        "input_schema": {"type": "object"},
        "output_schema": {"type": "object"},
        "examples": [{"input": {}}],
    });
    let (options, cancel) = (options(), CancellationToken::new());
    let stage = Stage {
        options: &options,
        cancel: &cancel,
        step: &|_| {},
        until: Instant::now() + options.stage_time.as_duration(),
    };
    let tool = load(
        &Script::new()
            .prints("manifest", manifest.to_string())
            .module(),
    );
    let (found, agreed) = agree(
        stage,
        proposal,
        &tool,
        &Policy::default(),
        CallBudget::default(),
    )
    .await
    .expect("the machine does its part");
    assert_eq!(
        agreed.manifest.expect("it is printed").description,
        described
    );
    let is_ours = |finding: &Finding| {
        finding.rule.contains("descri") || finding.rule == "manifest/template-readme"
    };
    found.findings.into_iter().filter(is_ours).collect()
}

#[tokio::test]
async fn a_description_that_is_not_the_tools_own_is_noted_with_both() {
    let mut proposal = proposal();
    assert_eq!(found("Adds.", &proposal).await, []);
    let findings = found("Adds two numbers.\nSlowly.", &proposal).await;
    let [finding] = findings.as_slice() else {
        panic!("{findings:?}");
    };
    assert_eq!(finding.rule, "manifest/description-differs");
    assert_eq!(finding.severity, crate::Severity::Note);
    for part in [
        "\u{201c}Adds two numbers.…\u{201d}",
        "\u{201c}Adds.\u{201d}",
    ] {
        assert!(finding.message.contains(part), "{}", finding.message);
    }
    // Said once only, it is the tool's.
    proposal.description = String::new();
    assert_eq!(found("Adds two numbers.", &proposal).await, []);
    let findings = found(" ", &proposal).await;
    assert_eq!(findings[0].rule, "manifest/no-description");
}

#[tokio::test]
async fn a_readme_that_speaks_of_another_tool_is_noted() {
    let mut proposal = proposal();
    proposal.documentation =
        include_str!("../../../../guest-sdk/rust/template/README.md").to_owned();
    let source = include_str!("../../../../guest-sdk/rust/template/src/main.rs");
    assert!(source.contains(&format!("/// {TEMPLATE_TOOL}")));
    proposal.description = String::new();
    let findings = found("Adds two numbers.", &proposal).await;
    assert_eq!(findings[0].rule, "manifest/template-readme");
    let of_words = format!("{TEMPLATE_TOOL} and finds the longest.");
    assert_eq!(found(&of_words, &proposal).await, []);
}

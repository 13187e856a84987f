//! The manifest's examples, and the properties that it promises, put to the test.

mod case;
mod properties;
pub(crate) mod same;

use super::fixtures::Fixtures;
use super::{Found, Most, Stage, telling};
use crate::{Contract, Finding, Manifest, ProposedTool, Severity, ValidationError};
use case::Case;
use policies::Policy;
use runtime::{Call, Execution, Tool};
pub(crate) use same::same;
use serde_json::Value;

/// What the examples run with.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) stage: Stage<'a>,
    pub(crate) proposal: &'a ProposedTool,
    pub(crate) manifest: &'a Manifest,
    /// The schemas, if both are valid.
    pub(crate) contract: Option<&'a Contract>,
    pub(crate) fixtures: &'a Fixtures,
    pub(crate) tool: &'a Tool,
    /// Whether at least one of the author's tests passed.
    pub(crate) tested: bool,
}

/// Runs each example, and again where a property is promised.
pub(crate) async fn run(context: Context<'_>) -> Result<Found, ValidationError> {
    let mut found = Found::default();
    let examples = &context.manifest.examples;
    let (mut held, mut most) = (0, Most::default());
    for (index, example) in examples
        .iter()
        .enumerate()
        .take(context.stage.options.max_examples)
    {
        if !context.stage.has_time() {
            found.add(Finding::error(
                "examples/stage-time",
                format!(
                    "{} examples were not run: all together took longer than {}",
                    examples.len() - index,
                    context.stage.options.stage_time
                ),
                "have fewer examples, and such as take little time",
            ));
            break;
        }
        (context.stage.step)(if example.name.is_empty() {
            format!("example {index}")
        } else {
            example.name.clone()
        });
        let input = example.input.to_string();
        let run = context.once(&input, |_| {}).await?;
        most.look(&run.execution, input.len());
        let case = Case::new(index, example, &input, &run.policy);
        let before = found.findings.len();
        match case.judge(context, &run.execution) {
            Err(finding) => {
                found.add(
                    finding.traced(telling::frames(&run.execution.backtrace, context.proposal)),
                );
            }
            Ok(answer) => {
                found.findings.extend(case.denied(&run.execution));
                if let Some(output) = answer {
                    properties::check(context, &case, &output, &mut found).await?;
                }
            }
        }
        let broken = found.findings[before..]
            .iter()
            .any(|finding| finding.severity == Severity::Error);
        held += u64::from(!broken);
        found.cases.push(case.report(&run.execution, broken));
    }
    found.count("examples_count", examples.len() as u64);
    found.count("held_count", held);
    most.count(&mut found);
    found.findings.extend(quantity(context));
    Ok(found)
}

impl Context<'_> {
    /// Whether a run of an example gives what the example says.
    pub(crate) fn holds(
        self,
        index: usize,
        input: &str,
        policy: &Policy,
        execution: &Execution,
    ) -> bool {
        let Some(example) = self.manifest.examples.get(index) else {
            return false;
        };
        let case = Case::new(index, example, input, policy);
        case.judge(self, execution).is_ok()
    }
}

/// Too many examples, or none.
fn quantity(context: Context<'_>) -> Option<Finding> {
    let count = context.manifest.examples.len();
    let most = context.stage.options.max_examples;
    if count > most {
        return Some(Finding::error(
            "examples/too-many",
            format!("there are {count} examples, and at most {most} are run"),
            "keep those from which one learns how to call the tool; the rest are tests",
        ));
    }
    if count > 0 {
        return None;
    }
    let remedy = "add at least two: agents learn from them how to call the tool";
    Some(if context.tested {
        Finding::warning("examples/none", "the manifest has no examples", remedy)
    } else {
        Finding::error(
            "examples/none",
            "the manifest has no examples, and no test passed either: nothing shows that the tool works",
            remedy,
        )
    })
}

/// One run of the tool.
struct Run {
    execution: Execution,
    policy: Policy,
}

impl Context<'_> {
    /// Runs the tool with an input, under its grant with a change.
    async fn once(
        self,
        input: &str,
        change: impl FnOnce(&mut Policy),
    ) -> Result<Run, ValidationError> {
        let bound = self.fixtures.bind().await?;
        let mut policy = bound.policy.clone();
        change(&mut policy);
        let call = Call::new(policy.clone()).with_input(input);
        let execution = self.stage.run(self.tool, call).await?;
        Ok(Run { execution, policy })
    }
}

/// A value as one reads it in a message.
fn short(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(500) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod unit;

//! The manifest's examples, and the properties that it promises, put to the test.

use super::manifest::Agreed;
use super::{Found, denied, exceeded, fixtures, panic, reproducer, succeeded, tail};
use crate::{Example, Finding, Place, ProposedTool, Reproducer, ValidationError};
use policies::{Clocks, Policy, Random};
use runtime::{Call, CancellationToken, Execution, Tool};
use serde_json::Value;

/// Runs each example, and again where a property is promised.
pub(crate) async fn run(
    proposal: &ProposedTool,
    agreed: &Agreed,
    tool: &Tool,
    cancel: &CancellationToken,
    step: &(dyn Fn(String) + Send + Sync),
) -> Result<Found, ValidationError> {
    let mut found = Found::default();
    let runner = Runner {
        proposal,
        agreed,
        tool,
        cancel,
    };
    let mut fuel = 0;
    for (index, example) in agreed.manifest.examples.iter().enumerate() {
        step(if example.name.is_empty() {
            format!("example {index}")
        } else {
            example.name.clone()
        });
        let input = example.input.to_string();
        let (execution, policy) = runner.once(&input, |_| {}).await?;
        fuel = fuel.max(execution.usage.fuel);
        let case = Case {
            index,
            example,
            again: reproducer(&[], &input, &policy),
        };
        match case.judge(agreed, &execution) {
            Err(finding) => found.add(finding),
            Ok(Some(output)) => {
                runner
                    .properties(&case, &input, &output, &mut found)
                    .await?
            }
            Ok(None) => {}
        }
    }
    found.count("examples_count", agreed.manifest.examples.len() as u64);
    found.count("most_fuel", fuel);
    if agreed.manifest.examples.is_empty() {
        found.add(Finding::warning(
            "examples/none",
            "the manifest has no examples",
            "add at least two: agents learn from them how to call the tool",
        ));
    }
    Ok(found)
}

struct Runner<'a> {
    proposal: &'a ProposedTool,
    agreed: &'a Agreed,
    tool: &'a Tool,
    cancel: &'a CancellationToken,
}

impl Runner<'_> {
    async fn once(
        &self,
        input: &str,
        change: impl FnOnce(&mut Policy),
    ) -> Result<(Execution, Policy), ValidationError> {
        let folders = fixtures::bind(self.proposal, &self.agreed.manifest, &self.agreed.grant)?;
        let mut policy = folders.policy.clone();
        change(&mut policy);
        let call = Call::new(policy.clone())
            .with_input(input)
            .with_cancel(self.cancel.clone());
        let execution = self.tool.run(call).await;
        if self.cancel.is_cancelled() {
            return Err(ValidationError::Cancelled);
        }
        Ok((execution, policy))
    }

    async fn properties(
        &self,
        case: &Case<'_>,
        input: &str,
        output: &Value,
        found: &mut Found,
    ) -> Result<(), ValidationError> {
        let promised = self.agreed.manifest.properties;
        if promised.deterministic {
            // Another seed, then the real clock and real randomness: what leaks in shows.
            let others: [fn(&mut Policy); 2] = [
                |policy| policy.capabilities.random = Random::Seeded(0x5eed),
                |policy| {
                    policy.capabilities.random = Random::Real;
                    policy.capabilities.clocks = Clocks::Real;
                },
            ];
            for change in others {
                let (execution, policy) = self.once(input, change).await?;
                let other = parse(&execution);
                if other.as_ref() != Some(output) {
                    let shown = other.map_or_else(
                        || execution.outcome.kind().as_str().to_owned(),
                        |value| short(&value),
                    );
                    found.add(
                        Finding::error("examples/not-deterministic", format!("{} gives {} once and {shown} another time, and the manifest promises that it is deterministic", case.name(), short(output)), "do not use the clock, random numbers or the order of a HashMap for the output; or take back the promise")
                            .at(case.place())
                            .again(reproducer(&[], input, &policy)),
                    );
                    break;
                }
            }
        }
        if promised.idempotent {
            let (execution, policy) = self.once(&output.to_string(), |_| {}).await?;
            if parse(&execution).as_ref() != Some(output) {
                found.add(
                    Finding::error("examples/not-idempotent", format!("the output of {} given as input gives something else, and the manifest promises that it gives itself", case.name()), "mend the tool, or take back the promise")
                        .at(case.place())
                        .again(reproducer(&[], &output.to_string(), &policy)),
                );
            }
        }
        Ok(())
    }
}

fn parse(execution: &Execution) -> Option<Value> {
    succeeded(execution).then(|| serde_json::from_slice(&execution.output).ok())?
}

struct Case<'a> {
    index: usize,
    example: &'a Example,
    again: Reproducer,
}

impl Case<'_> {
    fn name(&self) -> String {
        if self.example.name.is_empty() {
            format!("example {}", self.index)
        } else {
            format!("example {} ({})", self.index, self.example.name)
        }
    }

    fn place(&self) -> Place {
        Place::Example {
            index: u32::try_from(self.index).unwrap_or(u32::MAX),
        }
    }

    fn finding(&self, rule: &str, message: String, remedy: &str) -> Finding {
        Finding::error(&format!("examples/{rule}"), message, remedy)
            .at(self.place())
            .again(self.again.clone())
    }

    /// What the run says of the example; the output where it is as it should be.
    fn judge(&self, agreed: &Agreed, execution: &Execution) -> Result<Option<Value>, Finding> {
        let stderr = String::from_utf8_lossy(&execution.stderr.bytes);
        let name = self.name();
        if let Some((rule, message, remedy)) = exceeded(execution) {
            return Err(self.finding(rule, format!("{name} {message}"), remedy));
        }
        if let Some((message, place)) = panic(&stderr).filter(|_| !succeeded(execution)) {
            let mut finding = self.finding(
                "panicked",
                format!("{name} panics: {message}"),
                "return a ToolError instead of panicking; check indexes, unwraps and arithmetic",
            );
            finding.place = place.or(finding.place);
            return Err(finding);
        }
        if let Some(expected) = &self.example.error {
            return if succeeded(execution) {
                Err(self.finding(
                    "expected-error",
                    format!(
                        "{name} should be refused, and gives {}",
                        String::from_utf8_lossy(&execution.output).trim()
                    ),
                    "refuse this input with a ToolError, or mend the example",
                ))
            } else if stderr.contains(expected.as_str()) {
                Ok(None)
            } else {
                Err(self.finding(
                    "expected-error",
                    format!(
                        "{name} should be refused with {expected:?}, and says: {}",
                        tail(&stderr, 3)
                    ),
                    "mend the message or the example",
                ))
            };
        }
        if !succeeded(execution) {
            let tried = denied(execution);
            let tried = if tried.is_empty() {
                String::new()
            } else {
                format!("\ndenied on the way: {tried}")
            };
            return Err(self.finding(
                "failed",
                format!(
                    "{name} ends as {}: {}{tried}",
                    execution.outcome.kind().as_str(),
                    tail(&stderr, 5)
                ),
                "make the tool give the example's output, or mend the example",
            ));
        }
        let output: Value = serde_json::from_slice(&execution.output).map_err(|error| {
            self.finding(
                "output-not-json",
                format!("the output of {name} is not JSON: {error}"),
                "write one JSON value to standard output, and nothing else",
            )
        })?;
        if let Err(mismatch) = agreed.contract.check_output(&output) {
            return Err(self.finding(
                "output-against-schema",
                format!("the output of {name} does not fit the output schema: {mismatch}"),
                "mend the tool or its output schema",
            ));
        }
        match &self.example.output {
            Some(expected) if *expected != output => Err(self.finding(
                "wrong-output",
                format!(
                    "{name} gives {} and should give {}",
                    short(&output),
                    short(expected)
                ),
                "mend the tool, or the example if it is wrong",
            )),
            _ => Ok(Some(output)),
        }
    }
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(500) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

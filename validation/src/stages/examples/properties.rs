//! The promises of a manifest, tried on its examples.

use super::case::Case;
use super::same::same;
use super::{Context, short};
use crate::stages::Found;
use crate::stages::telling::{ending, exceeded, reproducer, succeeded};
use crate::{Finding, ValidationError};
use policies::{Clocks, Policy, Random};
use runtime::Execution;
use serde_json::Value;

/// Tries what is promised, on an example that gave this output.
pub(super) async fn check(
    context: Context<'_>,
    case: &Case<'_>,
    output: &Value,
    found: &mut Found,
) -> Result<(), ValidationError> {
    let promised = context.manifest.properties;
    if promised.deterministic {
        found
            .findings
            .extend(deterministic(context, case, output).await?);
    }
    if promised.idempotent {
        found
            .findings
            .extend(idempotent(context, case, output).await?);
    }
    Ok(())
}

/// Runs it again with other clocks and randomness: what leaks into the output shows.
async fn deterministic(
    context: Context<'_>,
    case: &Case<'_>,
    output: &Value,
) -> Result<Option<Finding>, ValidationError> {
    let worlds: [fn(&mut Policy); 2] = [
        |policy| {
            policy.capabilities.random = Random::Seeded(0x5eed);
            policy.capabilities.clocks = Clocks::Frozen;
        },
        |policy| {
            policy.capabilities.random = Random::Real;
            policy.capabilities.clocks = Clocks::Real;
        },
    ];
    for change in worlds {
        let run = context.once(case.input, change).await?;
        // It may sleep: real time passes then, which takes longer and proves nothing.
        if exceeded(&run.execution).is_some_and(|met| met.rule == "deadline-exceeded") {
            continue;
        }
        let other = parse(&run.execution);
        if other.as_ref().is_some_and(|other| same(other, output)) {
            continue;
        }
        let other = other.map_or_else(
            || format!("{} another time", ending(&run.execution)),
            |other| format!("gives {} another time", short(&other)),
        );
        let finding = Finding::error(
            "examples/not-deterministic",
            format!(
                "{} gives {} once and {other}, and the manifest promises that it is deterministic",
                case.name(),
                short(output)
            ),
            "do not use the clock, random numbers or the order of a HashMap for the output; or take back the promise",
        );
        let again = reproducer(&[], case.input, &run.policy);
        return Ok(Some(finding.at(case.place()).again(again)));
    }
    Ok(None)
}

/// Gives it its own output.
async fn idempotent(
    context: Context<'_>,
    case: &Case<'_>,
    output: &Value,
) -> Result<Option<Finding>, ValidationError> {
    let input = output.to_string();
    let mismatch = context
        .contract
        .and_then(|contract| contract.check_input(output).err());
    let (what, again) = if let Some(mismatch) = mismatch {
        (format!("is no input: {mismatch}"), None)
    } else {
        let run = context.once(&input, |_| {}).await?;
        match parse(&run.execution) {
            Some(other) if same(&other, output) => return Ok(None),
            Some(other) => (format!("gives {}", short(&other)), Some(run.policy)),
            None => (ending(&run.execution), Some(run.policy)),
        }
    };
    let finding = Finding::error(
        "examples/not-idempotent",
        format!(
            "the output of {}, given as input, {what}; the manifest promises that it gives itself",
            case.name()
        ),
        "mend the tool, or take back the promise",
    )
    .at(case.place());
    Ok(Some(match again {
        Some(policy) => finding.again(reproducer(&[], &input, &policy)),
        None => finding,
    }))
}

fn parse(execution: &Execution) -> Option<Value> {
    succeeded(execution).then(|| serde_json::from_slice(&execution.output).ok())?
}

//! What was measured, held against the budget that the manifest promises.

use super::Context;
use super::inputs::{Input, Origin};
use crate::stages::{Found, telling};
use crate::{CallBudget, Finding, Place, ValidationError};
use policies::{Bytes, Fuel, Policy};
use runtime::Execution;
use std::time::{Duration, Instant};

/// Examples over one part of the budget that are told.
const MOST: usize = 3;

/// A part of the budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Fuel,
    Memory,
}

impl Part {
    const ALL: [Self; 2] = [Self::Fuel, Self::Memory];

    fn rule(self) -> &'static str {
        match self {
            Self::Fuel => "bench/over-fuel-budget",
            Self::Memory => "bench/over-memory-budget",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Fuel => "fuel",
            Self::Memory => "memory",
        }
    }

    /// What a call took of it, and what is promised, in words; none where it is within that.
    fn over(self, budget: &CallBudget, execution: &Execution) -> Option<String> {
        let usage = &execution.usage;
        match self {
            Self::Fuel => {
                let most = budget.fuel.filter(|most| usage.fuel > most.0)?;
                Some(format!(
                    "{} units of fuel, and at most {most} are promised",
                    Fuel(usage.fuel)
                ))
            }
            Self::Memory => {
                let most = budget.memory.filter(|most| usage.peak_memory > most.0)?;
                Some(format!(
                    "{} of memory, and at most {most} is promised",
                    Bytes(usage.peak_memory)
                ))
            }
        }
    }
}

/// The calls that were over the budget so far.
#[derive(Default)]
pub(super) struct Over {
    calls: Vec<Call>,
}

struct Call {
    part: Part,
    input: Input,
    what: String,
    policy: Policy,
}

impl Over {
    /// Looks at one call.
    pub(super) fn look(
        &mut self,
        context: &Context<'_>,
        input: &Input,
        execution: &Execution,
        policy: &Policy,
    ) {
        let budget = &context.manifest.budget;
        if input.text.len() as u64 > budget.input().0 {
            return;
        }
        for part in Part::ALL {
            if let Some(what) = part.over(budget, execution) {
                self.calls.push(Call {
                    part,
                    input: input.clone(),
                    what,
                    policy: policy.clone(),
                });
            }
        }
    }

    /// A finding for each of a few examples, and for the smallest of the made-up inputs, which is
    /// made smaller still.
    pub(super) async fn tell(
        self,
        context: &Context<'_>,
        found: &mut Found,
    ) -> Result<(), ValidationError> {
        for part in Part::ALL {
            let those = self.calls.iter().filter(|call| call.part == part);
            let (examples, mut made): (Vec<&Call>, Vec<&Call>) =
                those.partition(|call| matches!(call.input.origin, Origin::Example(_)));
            for call in examples.into_iter().take(MOST) {
                found.add(finding(context, call, 0));
            }
            made.sort_by_key(|call| call.input.text.len());
            if let Some(smallest) = made.first() {
                let smaller = smaller(context, smallest).await?;
                found.add(finding(context, &smaller, made.len() - 1));
            }
        }
        Ok(())
    }
}

/// A smaller valid input that takes more than is promised too.
async fn smaller(context: &Context<'_>, call: &Call) -> Result<Call, ValidationError> {
    const TRIES: u64 = 200;
    const TIME: Duration = Duration::from_millis(500);
    let until = Instant::now() + TIME;
    let mut smallest = Call {
        part: call.part,
        input: call.input.clone(),
        what: call.what.clone(),
        policy: call.policy.clone(),
    };
    let Ok(mut value) = serde_json::from_str::<serde_json::Value>(&call.input.text) else {
        return Ok(smallest);
    };
    for seed in 0..TRIES {
        if Instant::now() >= until || !context.stage.has_time() {
            break;
        }
        let candidate = fuzzing::shrunk(&value, seed);
        let text = candidate.to_string();
        if text.len() >= smallest.input.text.len() || !context.contract.allows_input(&candidate) {
            continue;
        }
        let input = Input {
            text,
            origin: Origin::Made,
        };
        let (execution, policy) = context.once(context.tool, &input).await?;
        if let Some(what) = call.part.over(&context.manifest.budget, &execution) {
            value = candidate;
            smallest = Call {
                part: call.part,
                input,
                what,
                policy,
            };
        }
    }
    Ok(smallest)
}

/// One call over the budget, and how many more there are.
fn finding(context: &Context<'_>, call: &Call, more: usize) -> Finding {
    let (of, place) = match call.input.origin {
        Origin::Example(index) => (
            format!("example {index}"),
            Place::Example {
                index: u32::try_from(index).unwrap_or(u32::MAX),
            },
        ),
        Origin::Made => (
            format!("a valid input of {} bytes", call.input.text.len()),
            Place::Manifest {
                pointer: format!("/budget/{}", call.part.name()),
            },
        ),
    };
    let more = match more {
        0 => String::new(),
        more => format!("; {more} made-up inputs more are over it"),
    };
    let message = format!(
        "{of} takes {} for a call with an input of up to {}{more}",
        call.what,
        context.manifest.budget.input()
    );
    let remedy = "do less work for it, or promise what the tool really needs: raise the budget, bound the input in its schema, or promise it for smaller inputs (`input`)";
    let again = telling::reproducer(&[], &call.input.text, &call.policy);
    Finding::error(call.part.rule(), message, remedy)
        .at(place)
        .again(again)
}

//! What was measured, held against the budget that the manifest promises.

use super::Context;
use super::inputs::{Input, Origin};
use crate::finding::presentable;
use crate::stages::{Found, telling};
use crate::{Finding, Place};
use policies::{Bytes, Fuel, Policy};
use runtime::Execution;

const FUEL: &str = "bench/over-fuel-budget";
const MEMORY: &str = "bench/over-memory-budget";
/// Findings of one rule that are kept: the first ones are those of the examples.
const MOST: usize = 3;

/// Adds a finding for each part of the budget that this call is over.
pub(super) fn check(
    context: &Context<'_>,
    input: &Input,
    execution: &Execution,
    policy: &Policy,
    found: &mut Found,
) {
    let budget = &context.manifest.budget;
    if input.text.len() as u64 > budget.input().0 {
        return;
    }
    let usage = &execution.usage;
    let mut over = |rule: &str, what: String, part: &str| {
        let (of, place) = match input.origin {
            Origin::Example(index) => (
                format!("example {index}"),
                Place::Example {
                    index: u32::try_from(index).unwrap_or(u32::MAX),
                },
            ),
            Origin::Made => (
                format!("a valid input of {} bytes", input.text.len()),
                Place::Manifest {
                    pointer: format!("/budget/{part}"),
                },
            ),
        };
        let message = format!(
            "{of} takes {what} for a call with an input of up to {}",
            budget.input()
        );
        let remedy = "do less work for it, or promise what the tool really needs: raise the budget, bound the input in its schema, or promise it for smaller inputs (`input`)";
        let finding = Finding::error(rule, presentable(&message), remedy).at(place);
        let again = telling::reproducer(&[], &input.text, policy);
        found.add(finding.again(again));
    };
    if let Some(most) = budget.fuel.filter(|most| usage.fuel > most.0) {
        let what = format!(
            "{} of fuel, and at most {most} is promised",
            Fuel(usage.fuel)
        );
        over(FUEL, what, "fuel");
    }
    if let Some(most) = budget.memory.filter(|most| usage.peak_memory > most.0) {
        let what = format!(
            "{} of memory, and at most {most} is promised",
            Bytes(usage.peak_memory)
        );
        over(MEMORY, what, "memory");
    }
}

/// Keeps a few of each: those of examples, and of made-up inputs the smallest.
pub(super) fn tell(found: &mut Found) {
    for rule in [FUEL, MEMORY] {
        let size = |finding: &Finding| finding.reproducer.as_ref().map(|it| it.input.len());
        let is_made = |finding: &Finding| matches!(finding.place, Some(Place::Manifest { .. }));
        let (mut those, rest): (Vec<Finding>, Vec<Finding>) = std::mem::take(&mut found.findings)
            .into_iter()
            .partition(|finding| finding.rule == rule);
        those.sort_by_key(|finding| (is_made(finding), size(finding)));
        let left = those.len().saturating_sub(MOST);
        those.truncate(MOST);
        if let (Some(last), true) = (those.last_mut(), left > 0) {
            last.message = format!("{}; and so do {left} inputs more", last.message);
        }
        found.findings = rest;
        found.findings.extend(those);
    }
}

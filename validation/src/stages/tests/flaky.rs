//! Tests once more, in a world that should make no difference to them.

use super::{Context, Test, Tests, arguments, once};
use crate::stages::Found;
use crate::stages::fixtures::Bound;
use crate::{Finding, ValidationError};
use policies::Random;
use runtime::{Call, Probe};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// How far the other world's clock is ahead: to a Tuesday of September 2031.
const AHEAD: Duration = Duration::from_secs(1_000_000_123);
/// What the other world's seed differs in.
const SEED: u64 = 0x5eed_0dd5;

/// Runs the tests that passed again, with the clock moved and randomness from another seed; a
/// test that fails there, or the next time in its own world, says nothing reliable.
pub(super) async fn look(
    context: Context<'_>,
    tests: &Tests,
    passed: &[usize],
    found: &mut Found,
) -> Result<(), ValidationError> {
    let until = Instant::now() + context.stage.options.mutation_time.as_duration().max(LEAST);
    let mut waiting = passed.iter().copied();
    let mut running = JoinSet::new();
    let (mut again, mut repeated) = (Vec::new(), 0_u64);
    loop {
        while running.len() < context.stage.options.parallel_runs.max(1)
            && Instant::now() < until
            && let Some(index) = waiting.next()
        {
            let mut bound = context.fixtures.bind().await?;
            if let Random::Seeded(seed) = &mut bound.policy.capabilities.random {
                *seed ^= SEED;
            }
            let call = call(context, tests, index, &bound);
            let tool = tests.tool.clone();
            running.spawn(async move {
                let mut probe = Probe::ahead(AHEAD);
                let execution = tool.probe(call, &mut probe).await;
                (index, execution, probe.left, bound)
            });
        }
        let Some(ended) = running.join_next().await else {
            break;
        };
        let (index, execution, left, bound) =
            ended.map_err(ValidationError::machine("running tests again"))?;
        context.stage.go_on()?;
        repeated += 1;
        let test = Test {
            name: &tests.names[index],
            execution: &execution,
            left,
            bound: &bound,
        };
        if let super::Judged::Failed(finding) = test.judge(context.proposal) {
            again.push((index, finding));
        }
    }
    again.sort_by_key(|(index, _)| *index);
    for (index, other) in again {
        let bound = context.fixtures.bind().await?;
        let call = call(context, tests, index, &bound);
        let (_, execution, left, _) = once(tests.tool.clone(), index, call, bound).await;
        context.stage.go_on()?;
        let name = &tests.names[index];
        let message = if super::has_passed(&execution, left) {
            format!(
                "the test `{name}` passes, and fails where the clock is {} years ahead and randomness has another seed: {}",
                AHEAD.as_secs() / (365 * 86_400),
                other.message
            )
        } else {
            format!("the test `{name}` passes one time and fails another, in the same world")
        };
        let mut finding = Finding::warning(
            "test/flaky",
            message,
            "do not let the result depend on the time of day, on randomness, or on the order of a hash map: sort, or pass the time in",
        );
        finding.place = other.place;
        finding.reproducer = other.reproducer;
        found.add(finding);
    }
    let before = found.metrics.get("repeated_count").copied();
    found.count("repeated_count", repeated);
    if let (Some(before), Some(count)) = (before, found.metrics.get_mut("repeated_count")) {
        *count += before;
    }
    Ok(())
}

/// Time for it at least, where changes are counted instead.
const LEAST: Duration = Duration::from_secs(1);

fn call(context: Context<'_>, tests: &Tests, index: usize, bound: &Bound) -> Call {
    Call::new(bound.policy.clone())
        .with_args(arguments(&tests.names[index]))
        .with_cancel(context.stage.cancel.clone())
}

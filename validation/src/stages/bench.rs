//! What a call costs, and what is different beside another implementation of the same.
//!
//! Fuel and memory are the same for the same module and input, so one run of each input tells
//! them. Time is not: it is measured over several rounds, in which an earlier version, where there
//! is one, takes turns with the new one.

mod beside;
mod figures;
mod inputs;
mod promised;
mod reference;
mod since;

use super::fixtures::Fixtures;
use super::{Found, Stage, telling};
use crate::changes::Compared;
use crate::{
    CaseReport, CaseStatus, CaseUsage, Contract, Finding, Manifest, Place, ProposedTool,
    ValidationError,
};
use figures::Spread;
use inputs::{Input, Origin};
use policies::{Fuel, Policy};
use runtime::{Call, Execution, Tool};
use std::time::{Duration, Instant};

/// What is measured.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) stage: Stage<'a>,
    pub(crate) proposal: &'a ProposedTool,
    pub(crate) manifest: &'a Manifest,
    pub(crate) contract: &'a Contract,
    pub(crate) fixtures: &'a Fixtures,
    pub(crate) ceiling: &'a Policy,
    pub(crate) tool: &'a Tool,
    /// Bytes of its module.
    pub(crate) size: usize,
    /// What fuzzing kept; nothing, where it was not done.
    pub(crate) tried: &'a Tried,
    /// The version that it is compared with.
    pub(crate) earlier: Option<&'a Earlier>,
    /// The second implementation that the proposal brings.
    pub(crate) reference: Option<&'a Tool>,
}

/// Inputs that fuzzing kept.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tried {
    /// Those that cost most, valid ones.
    pub(crate) costliest: Vec<Vec<u8>>,
    /// All of them.
    pub(crate) corpus: Vec<Vec<u8>>,
}

/// The version before, ready to be run.
pub(crate) struct Earlier {
    pub(crate) label: String,
    pub(crate) version: Option<semver::Version>,
    pub(crate) tool: Tool,
    pub(crate) size: usize,
    /// What it says of itself; none if that can't be had.
    pub(crate) manifest: Option<Manifest>,
}

/// How long one run of each input may take together, and how long comparing with one other
/// implementation may, before no further run is begun.
const EACH_ONCE: Duration = Duration::from_secs(2);
/// Rounds in which time is measured, at most.
const ROUNDS: usize = 51;
/// Examples and made-up inputs whose time is measured.
const TIMED: (usize, usize) = (20, 4);
/// Made-up inputs that the report shows one by one: those that cost most.
const SHOWN: usize = 8;
/// Fuel of a run with an input that nobody asked for: a second of work.
const MOST_FUEL: Fuel = Fuel(1_000_000_000);

/// What one input cost.
struct Sample<'a> {
    input: &'a Input,
    fuel: u64,
    memory: u64,
    /// One for each time it was run.
    micros: Vec<u64>,
}

/// Measures, holds what was measured against what is promised, and compares.
pub(crate) async fn run(
    context: Context<'_>,
) -> Result<(Found, Option<Compared>), ValidationError> {
    let mut found = Found::default();
    let inputs = inputs::gather(&context);
    (context.stage.step)(format!("{} inputs", inputs.len()));
    let (mut samples, mut over) = (Vec::new(), promised::Over::default());
    let until = Instant::now() + EACH_ONCE;
    for input in &inputs {
        let is_example = matches!(input.origin, Origin::Example(_));
        if !context.stage.has_time() || (!is_example && Instant::now() >= until) {
            break;
        }
        let (execution, policy) = context.once(context.tool, input).await?;
        over.look(&context, input, &execution, &policy);
        samples.push(Sample {
            input,
            fuel: execution.usage.fuel,
            memory: execution.usage.peak_memory,
            micros: vec![execution.usage.wall_micros],
        });
    }
    over.tell(&context, &mut found).await?;
    if samples.len() < inputs.len() {
        found.add(Finding::note(
            "bench/not-measured",
            format!(
                "{} of {} inputs were not measured: there was no time left",
                inputs.len() - samples.len(),
                inputs.len()
            ),
            "make the tool do less for each input",
        ));
    }
    let earlier_micros = rounds(&context, &mut samples).await?;
    figures(&mut found, &samples);
    found.cases = costliest(&samples);
    let mut compared = None;
    if let Some(earlier) = context.earlier {
        (context.stage.step)(format!("beside {}", earlier.label));
        let mut since = since::compare(&context, earlier, &inputs, &mut found).await?;
        since.figures.extend(times(&samples, earlier_micros));
        compared = Some(since);
    }
    if let Some(reference) = context.reference {
        (context.stage.step)("beside the second implementation".to_owned());
        reference::compare(&context, reference, &inputs, &mut found).await?;
    }
    Ok((found, compared))
}

impl Context<'_> {
    /// Runs it once with an input, as every call of it is run.
    async fn once(
        &self,
        tool: &Tool,
        input: &Input,
    ) -> Result<(Execution, Policy), ValidationError> {
        let most = match input.origin {
            Origin::Example(_) => Fuel(u64::MAX),
            Origin::Made => MOST_FUEL,
        };
        self.within(most, tool, input).await
    }

    /// The same with at most so much fuel.
    async fn within(
        &self,
        most: Fuel,
        tool: &Tool,
        input: &Input,
    ) -> Result<(Execution, Policy), ValidationError> {
        let bound = self.fixtures.bind().await?;
        let mut policy = bound.policy.clone();
        policy.limits.fuel = policy.limits.fuel.min(most);
        let call = Call::new(policy.clone()).with_input(input.text.as_str());
        let execution = self.stage.run(tool, call).await?;
        Ok((execution, policy))
    }
}

/// Runs some inputs again and again; gives the times of the earlier version, which takes turns.
async fn rounds(
    context: &Context<'_>,
    samples: &mut [Sample<'_>],
) -> Result<Vec<u64>, ValidationError> {
    let mut earlier_micros = Vec::new();
    let until = Instant::now() + context.stage.options.bench_time.as_duration();
    let (examples, made) = TIMED;
    let (mut left, mut left_made) = (examples, made);
    let timed: Vec<usize> = (0..samples.len())
        .filter(|index| {
            let left = match samples[*index].input.origin {
                Origin::Example(_) => &mut left,
                Origin::Made => &mut left_made,
            };
            let is_timed = *left > 0;
            *left = left.saturating_sub(1);
            is_timed
        })
        .collect();
    for _ in 1..ROUNDS {
        for index in &timed {
            if Instant::now() >= until || !context.stage.has_time() {
                return Ok(earlier_micros);
            }
            let sample = &mut samples[*index];
            let (execution, _) = context.once(context.tool, sample.input).await?;
            sample.micros.push(execution.usage.wall_micros);
            // Where the clock or chance decides, one run may take more than another.
            sample.fuel = sample.fuel.max(execution.usage.fuel);
            sample.memory = sample.memory.max(execution.usage.peak_memory);
            if let (Some(earlier), Origin::Example(_)) = (context.earlier, sample.input.origin) {
                let run = context.within(MOST_FUEL, &earlier.tool, sample.input);
                let (execution, _) = run.await?;
                earlier_micros.push(execution.usage.wall_micros);
            }
        }
    }
    Ok(earlier_micros)
}

/// Fuel, memory and time of examples and of made-up inputs.
fn figures(found: &mut Found, samples: &[Sample<'_>]) {
    let runs = samples.iter().map(|it| it.micros.len() as u64).sum();
    found.count("inputs_count", samples.len() as u64);
    found.count("runs_count", runs);
    for (of, is_example) in [("examples", true), ("made_up", false)] {
        let those = || {
            samples
                .iter()
                .filter(|it| matches!(it.input.origin, Origin::Example(_)) == is_example)
        };
        if those().next().is_none() {
            continue;
        }
        Spread::of(those().map(|it| it.fuel).collect()).count(found, of, "fuel");
        Spread::of(those().map(|it| it.memory).collect()).count(found, of, "memory_bytes");
        let micros = those().flat_map(|it| it.micros.iter().copied());
        Spread::of(micros.collect()).count(found, of, "wall_micros");
    }
}

/// Medians of the time that examples take, in both versions.
#[allow(clippy::cast_precision_loss, reason = "figures for people")]
fn times(samples: &[Sample<'_>], earlier: Vec<u64>) -> Option<crate::FigureChange> {
    let ours = samples
        .iter()
        .filter(|it| matches!(it.input.origin, Origin::Example(_)))
        // The first of each was without the earlier version beside it.
        .flat_map(|it| it.micros.iter().skip(1).copied());
    let ours: Vec<u64> = ours.collect();
    (!ours.is_empty() && !earlier.is_empty()).then(|| crate::FigureChange {
        name: "median_wall_micros".to_owned(),
        before: Spread::of(earlier).median as f64,
        after: Spread::of(ours).median as f64,
    })
}

/// The made-up inputs that cost most, for the report's plots.
fn costliest(samples: &[Sample<'_>]) -> Vec<CaseReport> {
    let made = samples.iter().filter(|it| it.input.origin == Origin::Made);
    let mut made: Vec<&Sample<'_>> = made.collect();
    made.sort_by_key(|it| std::cmp::Reverse(it.fuel));
    let shown = made.into_iter().take(SHOWN).enumerate();
    shown
        .map(|(index, it)| CaseReport {
            name: telling::name(&format!(
                "made-up input {} ({} bytes)",
                index + 1,
                it.input.text.len()
            )),
            place: Place::Manifest {
                pointer: "/input_schema".to_owned(),
            },
            status: CaseStatus::Passed,
            usage: Some(CaseUsage {
                fuel: it.fuel,
                peak_memory_bytes: it.memory,
                wall_micros: Spread::of(it.micros.clone()).median,
            }),
        })
        .collect()
}

#[cfg(test)]
mod unit;

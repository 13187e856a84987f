//! Two implementations with the same input: whether they do the same, and the smallest input for
//! which they do not.
//!
//! Neither is trusted. Both have the same virtual clock and the same seed, so that an answer that
//! only follows those is the same in both; where another seed changes it, nothing can be said.

use crate::stages::examples::same::same;
use crate::stages::fixtures::Fixtures;
use crate::stages::{Stage, telling};
use crate::{BehaviourKind, Contract, ValidationError};
use policies::{Clocks, Fuel, Random, WallTime};
use runtime::{Call, Execution, OutcomeKind, Tool, Usage};
use serde_json::Value;
use std::time::Instant;

/// One of two implementations.
#[derive(Clone, Copy)]
pub(super) struct Side<'a> {
    pub(super) tool: &'a Tool,
    pub(super) fixtures: &'a Fixtures,
}

/// What a run gave.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Answer {
    Gives(Value),
    /// It succeeded and printed what is no JSON.
    NoJson(String),
    Refuses(String),
    /// It trapped, or wanted too much memory.
    Breaks(String),
    /// It was ended by a limit of work, time or output.
    CutOff(String),
    /// It was ended because it is given less work here than calls may have: what it would have
    /// given is not known.
    Unknown,
}

/// Fuel of a run: a fifth of a second of work. Two that need more are not compared.
const MOST_FUEL: Fuel = Fuel(200_000_000);

impl Answer {
    fn of(execution: &Execution) -> Self {
        let stderr = || String::from_utf8_lossy(&execution.stderr.bytes);
        match execution.outcome.kind() {
            OutcomeKind::Success => match serde_json::from_slice(&execution.output) {
                Ok(value) => Self::Gives(value),
                Err(_) => Self::NoJson(String::from_utf8_lossy(&execution.output).into_owned()),
            },
            OutcomeKind::ToolError => Self::Refuses(telling::refusal(&stderr()).message),
            OutcomeKind::FuelExhausted
            | OutcomeKind::DeadlineExceeded
            | OutcomeKind::OutputExceeded => Self::CutOff(telling::ending(execution)),
            _ => Self::Breaks(telling::ending(execution)),
        }
    }

    /// Whether both are the same to a caller: what is said in a refusal does not matter.
    pub(super) fn is_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Gives(one), Self::Gives(other)) => same(one, other),
            (one, other) => std::mem::discriminant(one) == std::mem::discriminant(other),
        }
    }

    /// In a few words, for people.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Gives(value) => short(&value.to_string()),
            Self::NoJson(text) => format!("no JSON: {}", short(text)),
            Self::Refuses(message) => format!("an error: {}", short(message)),
            Self::Unknown => "nothing in time".to_owned(),
            Self::Breaks(how) | Self::CutOff(how) => format!("a failure: it {}", short(how)),
        }
    }
}

/// The beginning of a text on one line.
pub(super) fn short(text: &str) -> String {
    const MOST: usize = 300;
    let text = crate::finding::presentable(text).replace('\n', " ");
    match text.len() {
        0..=MOST => text,
        _ => format!("{}…", &text[..text.floor_char_boundary(MOST)]),
    }
}

/// In which way what the second does is another thing than what the first does.
pub(super) fn relation(first: &Answer, second: &Answer) -> Option<BehaviourKind> {
    match (first, second) {
        (one, other) if one.is_as(other) => None,
        (Answer::Gives(_), Answer::Gives(_)) => Some(BehaviourKind::Answer),
        (Answer::Gives(_), _) => Some(BehaviourKind::Fails),
        (_, Answer::Gives(_)) => Some(BehaviourKind::Answers),
        // Two ways to fail.
        _ => None,
    }
}

/// Two implementations, ready to be given the same input.
pub(super) struct Pair<'a> {
    pub(super) stage: Stage<'a>,
    pub(super) first: Side<'a>,
    pub(super) second: Side<'a>,
    /// When no further input is begun.
    pub(super) until: Instant,
}

/// What one input gave.
pub(super) struct Both {
    pub(super) answers: [Answer; 2],
    pub(super) usage: [Usage; 2],
}

/// What can be said of one input.
pub(super) enum Said {
    Same(Both),
    Differs(BehaviourKind, Both),
    /// Chance has a part in it, or one was not done in time.
    Nothing,
}

impl Pair<'_> {
    pub(super) fn has_time(&self) -> bool {
        Instant::now() < self.until && self.stage.has_time()
    }

    async fn one(
        &self,
        side: Side<'_>,
        input: &str,
        seed: u64,
    ) -> Result<(Answer, Usage), ValidationError> {
        // What runs out should be the fuel, on any machine.
        const LEAST_TIME: WallTime = WallTime::secs(10);
        let bound = side.fixtures.bind().await?;
        let mut policy = bound.policy.clone();
        let is_less = policy.limits.fuel > MOST_FUEL;
        policy.limits.fuel = policy.limits.fuel.min(MOST_FUEL);
        policy.limits.wall_time = policy.limits.wall_time.max(LEAST_TIME);
        policy.capabilities.clocks = Clocks::Virtual;
        policy.capabilities.random = Random::Seeded(seed);
        let call = Call::new(policy).with_input(input);
        let execution = self.stage.run(side.tool, call).await?;
        let answer = match execution.outcome.kind() {
            OutcomeKind::FuelExhausted if is_less => Answer::Unknown,
            _ => Answer::of(&execution),
        };
        Ok((answer, execution.usage))
    }

    async fn both(&self, input: &str, seed: u64) -> Result<Both, ValidationError> {
        let (first, first_usage) = self.one(self.first, input, seed).await?;
        let (second, second_usage) = self.one(self.second, input, seed).await?;
        Ok(Both {
            answers: [first, second],
            usage: [first_usage, second_usage],
        })
    }

    /// Gives both the input.
    pub(super) async fn say(&self, input: &str) -> Result<Said, ValidationError> {
        let both = self.both(input, 0).await?;
        if both.answers.contains(&Answer::Unknown) {
            return Ok(Said::Nothing);
        }
        let Some(kind) = relation(&both.answers[0], &both.answers[1]) else {
            return Ok(Said::Same(both));
        };
        let again = self.both(input, 1).await?;
        let mut each = both.answers.iter().zip(&again.answers);
        Ok(if each.all(|(one, other)| one.is_as(other)) {
            Said::Differs(kind, both)
        } else {
            Said::Nothing
        })
    }

    /// A smaller input that the contract allows and for which they differ in the same way.
    pub(super) async fn smaller(
        &self,
        input: &str,
        kind: BehaviourKind,
        contract: &Contract,
    ) -> Result<String, ValidationError> {
        const TRIES: u64 = 150;
        let Ok(mut value) = serde_json::from_str::<Value>(input) else {
            return Ok(input.to_owned());
        };
        let mut smallest = input.to_owned();
        for seed in 0..TRIES {
            if !self.has_time() {
                break;
            }
            let candidate = fuzzing::shrunk(&value, seed);
            let text = candidate.to_string();
            if candidate == value
                || text.len() > smallest.len()
                || !contract.allows_input(&candidate)
            {
                continue;
            }
            if let Said::Differs(found, _) = self.say(&text).await?
                && found == kind
            {
                (value, smallest) = (candidate, text);
            }
        }
        Ok(smallest)
    }
}

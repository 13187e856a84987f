//! What a campaign found.

use crate::answers::Answers;
use crate::oracle::{Rule, Severity};
use crate::world::World;
use runtime::Execution;

/// One thing that a campaign found: confirmed by the runtime where a run shows it, and with the
/// smallest input that was found for it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Finding {
    /// Which rule.
    pub rule: Rule,
    /// How much it weighs.
    pub severity: Severity,
    /// What is wrong, in one or more sentences.
    pub message: String,
    /// The input, to the byte.
    pub input: Vec<u8>,
    /// What surrounded the run.
    pub world: World,
    /// The limit of fuel that the run had.
    pub fuel: u64,
    /// What the runtime said of it, where it was run there.
    pub execution: Option<Execution>,
}

impl Finding {
    /// What to do about it, for who wrote the tool.
    pub fn remedy(&self) -> &'static str {
        self.rule.remedy()
    }
}

/// What a campaign says while it goes on.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Progress {
    /// Runs so far.
    pub executions: u64,
    /// Runs in a second, over the whole time so far.
    pub executions_per_second: f64,
    /// Edges that were reached, and how many there are (0 without coverage).
    pub edges: (usize, usize),
    /// Inputs that are kept.
    pub corpus: usize,
    /// Kinds of things that look wrong, before they are confirmed.
    pub suspects: usize,
}

/// What came of a campaign.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Report {
    /// What was found, the heaviest first.
    pub findings: Vec<Finding>,
    /// Runs in all, those that confirm and make smaller not counted.
    pub executions: u64,
    /// Runs in a second while inputs were looked for.
    pub executions_per_second: f64,
    /// Edges that were reached, and how many there are (0 without coverage).
    pub edges: (usize, usize),
    /// Why there was no coverage to go by.
    pub no_coverage: Option<String>,
    /// Why each run had an instance of its own.
    pub not_restored: Option<&'static str>,
    /// Instances that were made: one, but for runs whose state could not be put back.
    pub instances: u64,
    /// The inputs that were kept: with which the next version can begin.
    pub corpus: Vec<Vec<u8>>,
    /// What looked wrong here and went well in the runtime.
    pub unconfirmed: usize,
    /// Valid inputs that were answered, valid ones that were refused, and forbidden ones.
    pub inputs: (u64, u64, u64),
    /// What valid inputs beside the seeds were answered with.
    pub answers: Answers,
    /// The steepest growth of work over input size that was measured, as an exponent.
    pub growth: Option<f64>,
    /// Valid inputs that cost most: those at the end of that growth, the largest first, then those
    /// of the corpus that did the most work, by themselves and for their size.
    pub costliest: Vec<Vec<u8>>,
    /// What was not examined, in words.
    pub not_examined: Vec<String>,
}

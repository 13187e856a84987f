//! How much a validation may take.

use policies::{Policy, WallTime};
use serde::{Deserialize, Serialize};

/// How much a validation may take. What the tool itself may use is the ceiling's matter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ValidatorOptions {
    /// Tests that run at the same time, each in an instance of its own. More than there are
    /// processors makes each take longer, up to its limit of wall time.
    pub parallel_runs: usize,
    /// Tests of one program that are run; a tool with more does not pass.
    pub max_tests: usize,
    /// Examples that are run; a tool with more does not pass.
    pub max_examples: usize,
    /// How long inspecting the module and compiling it for the first time may take together; a
    /// tool that needs longer does not pass.
    pub compile_time: WallTime,
    /// How long the stages of tests and examples may go on, each, before no further run is
    /// begun; a tool that needs longer does not pass.
    pub stage_time: WallTime,
    /// What tests and examples have of what they would be granted, instead of all of it: whether
    /// they pass with less is how the least is found that a tool needs.
    #[serde(default)]
    pub narrow: Option<Policy>,
    /// How long inputs are looked for on which the tool misbehaves; 0 for not at all. What is
    /// found is confirmed and made small after that, for up to 20 s.
    pub fuzz_time: WallTime,
    /// Instead of a time: so many runs of the tool. The same number and seed give the same
    /// findings on every machine.
    pub fuzz_executions: Option<u64>,
    /// Looking ends earlier after so many runs that reached no code that was not reached before.
    pub fuzz_plateau: Option<u64>,
    /// Seed of the choice of inputs.
    pub fuzz_seed: u64,
    /// How long small changes of the tool are tried on its tests and examples; 0 for not at all,
    /// and then neither is measured what they reach, nor are tests tried in another world. The
    /// tests are compiled once more for it.
    pub mutation_time: WallTime,
    /// Instead of a time: so many changes at most, however long they take. The same number and
    /// seed try the same changes on every machine; 0 is as no time.
    pub mutants: Option<u64>,
    /// Seed of the choice of changes.
    pub mutation_seed: u64,
    /// For how long the time of calls is measured, again and again, beside one run of each input
    /// for its fuel and memory; 0 for none of it, not even what is promised or changed since the
    /// version before.
    pub bench_time: WallTime,
}

impl ValidatorOptions {
    /// Whether inputs are looked for at all.
    pub(crate) fn fuzzes(&self) -> bool {
        self.fuzz_executions != Some(0)
            && (self.fuzz_executions.is_some() || self.fuzz_time > WallTime::millis(0))
    }

    /// Whether the author's tests are judged at all.
    pub(crate) fn judges_tests(&self) -> bool {
        self.mutants != Some(0)
            && (self.mutants.is_some() || self.mutation_time > WallTime::millis(0))
    }
}

impl ValidatorOptions {
    /// Whether what calls cost is looked at.
    pub(crate) fn benches(&self) -> bool {
        self.bench_time > WallTime::millis(0)
    }
}

impl Default for ValidatorOptions {
    /// A run for each processor but four at most, 1000 tests, 100 examples, a minute to compile,
    /// 3 minutes a stage, all that is granted, 2 seconds of fuzzing that end after 200 000 runs
    /// without anything new, 1 second of small changes, a quarter of a second of measuring time.
    fn default() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            parallel_runs: processors.min(4),
            max_tests: 1000,
            max_examples: 100,
            compile_time: WallTime::secs(60),
            stage_time: WallTime::secs(180),
            narrow: None,
            fuzz_time: WallTime::secs(2),
            fuzz_executions: None,
            fuzz_plateau: Some(200_000),
            fuzz_seed: 0,
            mutation_time: WallTime::secs(1),
            mutants: None,
            mutation_seed: 0,
            bench_time: WallTime::millis(250),
        }
    }
}

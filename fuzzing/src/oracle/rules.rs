//! The rules, each with its name, its weight and what to do about it.

use serde::{Deserialize, Serialize};

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// A person should look.
    Warning,
    /// The tool does not pass.
    Error,
}

/// What no run may show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Rule {
    /// The module broke a rule of WebAssembly itself.
    Trap,
    /// It called itself until the stack was full.
    StackOverflow,
    /// It panicked.
    Panic,
    /// It panicked and exited with code 0.
    HiddenPanic,
    /// It used up its fuel.
    Fuel,
    /// It gave its result, and did not end.
    SpinsAfterResult,
    /// It wanted more memory than there is.
    Memory,
    /// It wrote more than it may.
    Output,
    /// It took longer than it may.
    Time,
    /// What it prints is no JSON.
    NoJson,
    /// What it prints does not fit its output schema.
    OutputSchema,
    /// It refuses what its input schema allows, and promises not to.
    RefusesValid,
    /// It takes what its input schema forbids.
    AcceptsForbidden,
    /// It tried what it did not ask for.
    Denied,
    /// What stands in its environment stands in its output.
    Leak,
    /// Its output follows the clock.
    FollowsClock,
    /// Its output follows the randomness.
    FollowsRandom,
    /// It does something else where certain variables are set.
    FollowsEnvironment,
    /// It is promised to be idempotent and is not.
    NotIdempotent,
    /// It is promised not to look at the order of elements, and does.
    FollowsOrder,
    /// What it gives depends on what it did before.
    KeepsState,
    /// Its work grows faster than its input allows.
    Growth,
    /// It refused every valid input that was made.
    RefusesAll,
}

impl Rule {
    /// All of them.
    pub const ALL: [Self; 23] = [
        Self::Trap,
        Self::StackOverflow,
        Self::Panic,
        Self::HiddenPanic,
        Self::Fuel,
        Self::SpinsAfterResult,
        Self::Memory,
        Self::Output,
        Self::Time,
        Self::NoJson,
        Self::OutputSchema,
        Self::RefusesValid,
        Self::AcceptsForbidden,
        Self::Denied,
        Self::Leak,
        Self::FollowsClock,
        Self::FollowsRandom,
        Self::FollowsEnvironment,
        Self::NotIdempotent,
        Self::FollowsOrder,
        Self::KeepsState,
        Self::Growth,
        Self::RefusesAll,
    ];

    /// The stable id, such as `fuzz/trap`.
    pub fn id(self) -> &'static str {
        match self {
            Self::Trap => "fuzz/trap",
            Self::StackOverflow => "fuzz/stack-overflow",
            Self::Panic => "fuzz/panic",
            Self::HiddenPanic => "fuzz/hidden-panic",
            Self::Fuel => "fuzz/fuel-exhausted",
            Self::SpinsAfterResult => "fuzz/spins-after-result",
            Self::Memory => "fuzz/memory-exceeded",
            Self::Output => "fuzz/output-exceeded",
            Self::Time => "fuzz/deadline-exceeded",
            Self::NoJson => "fuzz/output-not-json",
            Self::OutputSchema => "fuzz/output-against-schema",
            Self::RefusesValid => "fuzz/refuses-valid-input",
            Self::AcceptsForbidden => "fuzz/accepts-forbidden-input",
            Self::Denied => "fuzz/denied-attempt",
            Self::Leak => "fuzz/leaks-environment",
            Self::FollowsClock => "fuzz/follows-clock",
            Self::FollowsRandom => "fuzz/follows-randomness",
            Self::FollowsEnvironment => "fuzz/follows-environment",
            Self::NotIdempotent => "fuzz/not-idempotent",
            Self::FollowsOrder => "fuzz/follows-order",
            Self::KeepsState => "fuzz/keeps-state",
            Self::Growth => "fuzz/work-out-of-proportion",
            Self::RefusesAll => "fuzz/refuses-everything",
        }
    }

    /// What to do about it, for who wrote the tool.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::Trap => {
                "check indices, divisors and sizes before they are used, and answer with an error instead; unsafe code and integer casts are where to look first"
            }
            Self::StackOverflow => {
                "bound the depth of recursion (refuse input that is nested deeper), or use a loop with a list of what is still to do"
            }
            Self::Panic => {
                "answer with an error instead of unwrap, expect, indexing or arithmetic that overflows: get(), checked_add, a match on the error"
            }
            Self::HiddenPanic => {
                "do not catch panics to exit with code 0: let the error out, with an exit code other than 0, so that the caller knows that there is no result"
            }
            Self::Fuel => {
                "look for a loop that does not end for this input (a step of 0, a bound that is never met), or do less work for it"
            }
            Self::SpinsAfterResult => {
                "end the program once the result is printed: something after it does not end for this input"
            }
            Self::Memory => {
                "do not reserve what the input claims to need before it is there, and refuse what is too large; keep nothing that is no longer needed"
            }
            Self::Output => {
                "bound what is printed for this input, or refuse it: sizes in the input decide over the size of the output"
            }
            Self::Time => "do less for this input, and do not wait",
            Self::NoJson => {
                "print one JSON value to standard output and nothing else: a log goes to standard error"
            }
            Self::OutputSchema => {
                "mend the tool, or the output schema, so that every result for valid input fits: mind empty input, NaN and infinity, and values at the ends of their ranges"
            }
            Self::RefusesValid => {
                "answer this input, narrow the input schema so that it forbids it, or take back the promise that the tool is total"
            }
            Self::AcceptsForbidden => {
                "check in the tool what the schema says (ranges, lengths, unknown members), or widen the schema to what the tool takes"
            }
            Self::Denied => {
                "do not touch files, folders or sockets that the manifest does not ask for; if the tool needs them, ask, with a reason"
            }
            Self::Leak => {
                "do not print values of environment variables: they are the operator's secrets"
            }
            Self::FollowsClock => {
                "do not let the date or the time decide what the output is; take the time as a part of the input, or ask for the real clock with a reason"
            }
            Self::FollowsRandom => {
                "do not use random numbers or the order of a HashMap for the output: sort, or use a BTreeMap"
            }
            Self::FollowsEnvironment => {
                "do not read environment variables that the manifest does not ask for, and behave the same wherever the tool runs"
            }
            Self::NotIdempotent => "mend the tool, or take back the promise that it is idempotent",
            Self::FollowsOrder => {
                "sort before working, or take back the promise that the order does not matter"
            }
            Self::KeepsState => {
                "write no file that a later call reads, or delete it at the end: each call has to give the same for the same input"
            }
            Self::Growth => {
                "use an algorithm whose work does not explode: no nested loops over the input, no string that is copied for each character, a set instead of a list that is searched; or bound the input's size in its schema"
            }
            Self::RefusesAll => {
                "describe in the input schema (pattern, enum, ranges) what the tool really takes, so that callers can know"
            }
        }
    }

    /// How much it weighs, for an input that counts or one that the schema forbids anyway.
    pub(crate) fn severity(self, counts: bool) -> Severity {
        match self {
            Self::AcceptsForbidden | Self::RefusesAll => Severity::Note,
            Self::FollowsEnvironment => Severity::Warning,
            _ if counts => Severity::Error,
            // Nobody who keeps to the contract ever sends it.
            _ => Severity::Warning,
        }
    }
}

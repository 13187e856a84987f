//! What a replay came to.

use super::calls::Question;
use super::recording::{Content, End};
use crate::{Digest, Execution, Outcome};
use serde::Serialize;
use std::fmt;

/// A run that was repeated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Replayed {
    /// Whether it was the same.
    pub verdict: Verdict,
    /// The run; where it diverged, as far as that. Times are this machine's.
    pub execution: Execution,
    /// The first host call before which another amount of fuel was used.
    pub fuel: Option<FuelDifference>,
    /// Host calls that were compared.
    pub host_calls: u64,
}

/// Whether a replay was the same as what was recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Verdict {
    /// Every host call, the outcome, the output, standard error, what was used (to the unit of
    /// fuel) and what was denied.
    Same,
    /// It asked for something else.
    Diverged(Divergence),
    /// It asked for the same, and came to something else.
    Different {
        /// In what.
        differences: Vec<Difference>,
    },
    /// It was called off before its end.
    CalledOff,
}

/// Where a replay does something else than what was recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Divergence {
    /// The host call, from 1.
    pub call: u64,
    /// The first that it can be; before `call` only where so many calls were made that hashes
    /// alone were kept of them.
    pub since: u64,
    /// What was asked then, in words, if that was kept and there was anything.
    pub recorded: Option<String>,
    /// What is asked now; `None` where the guest ended instead.
    pub replayed: Option<String>,
    /// In words.
    pub why: String,
}

/// A host call that was reached with another amount of fuel used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FuelDifference {
    /// The host call, from 1.
    pub call: u64,
    /// Units used before it then.
    pub recorded: u64,
    /// Units used before it now.
    pub replayed: u64,
}

/// One thing that is not the same in the end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Difference {
    /// What, such as `fuel`.
    pub what: &'static str,
    /// As it was.
    pub recorded: String,
    /// As it is.
    pub replayed: String,
}

impl Divergence {
    pub(super) fn at(call: u64, recorded: Option<&Question>, replayed: Option<&Question>) -> Self {
        let words = |question: &Question| format!("{}({})", question.function, question.arguments);
        Self {
            call,
            since: call,
            recorded: recorded.map(words),
            replayed: replayed.map(words),
            why: "the guest asks for something else".to_owned(),
        }
    }
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.since < self.call {
            write!(f, "between host calls {} and {}", self.since, self.call)?;
        } else {
            write!(f, "at host call {}", self.call)?;
        }
        write!(f, ": {}", self.why)
    }
}

/// Everything that is to be the same, beside the host calls.
pub(super) fn differences(content: &Content, execution: &Execution) -> Vec<Difference> {
    let end = &content.end;
    let now = End::of(execution, end.in_call, end.began);
    let mut all = Vec::new();
    let mut compare = |what, recorded: String, replayed: String| {
        if recorded != replayed {
            all.push(Difference {
                what,
                recorded,
                replayed,
            });
        }
    };
    compare("outcome", words(&end.outcome), words(&now.outcome));
    let stream = |digest: &Digest, bytes: u64| format!("{bytes} bytes, SHA-256 {digest}");
    compare(
        "output",
        stream(&end.output, end.output_bytes),
        stream(&now.output, now.output_bytes),
    );
    compare(
        "standard error",
        stream(&end.stderr, end.stderr_bytes),
        stream(&now.stderr, now.stderr_bytes),
    );
    compare(
        "standard error cut off",
        end.stderr_truncated.to_string(),
        now.stderr_truncated.to_string(),
    );
    let (then, now_used) = (&end.usage, &now.usage);
    let figures = [
        ("fuel", then.fuel, now_used.fuel),
        ("peak memory", then.peak_memory, now_used.peak_memory),
        ("host calls", then.host_calls, now_used.host_calls),
        ("bytes read", then.bytes_read, now_used.bytes_read),
        ("bytes written", then.bytes_written, now_used.bytes_written),
        (
            "files created",
            then.files_created.into(),
            now_used.files_created.into(),
        ),
        (
            "network requests",
            then.network_requests.into(),
            now_used.network_requests.into(),
        ),
        ("bytes sent", then.network_sent, now_used.network_sent),
        (
            "bytes received",
            then.network_received,
            now_used.network_received,
        ),
        ("denied attempts", then.denied, now_used.denied),
    ];
    for (what, then, now) in figures {
        compare(what, then.to_string(), now.to_string());
    }
    let denied = end.denied.iter().zip(&now.denied);
    if let Some((then, now)) = denied.into_iter().find(|(then, now)| then != now) {
        let words = |it: &crate::DeniedAttempt| format!("{} {}", it.what, it.target);
        compare("what was denied", words(then), words(now));
    }
    all
}

/// An outcome with what belongs to it.
pub(super) fn words(outcome: &Outcome) -> String {
    let kind = outcome.kind().as_str();
    match outcome {
        Outcome::ToolError { exit_code } => format!("{kind} (exit code {exit_code})"),
        Outcome::Trap { message }
        | Outcome::MemoryExceeded { message }
        | Outcome::InvalidInput { message }
        | Outcome::InvalidOutput { message } => format!("{kind} ({message})"),
        _ => kind.to_owned(),
    }
}

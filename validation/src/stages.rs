//! The stages after the build. Each takes what it needs and gives findings and figures.

pub(crate) mod examples;
pub(crate) mod fixtures;
pub(crate) mod inspection;
pub(crate) mod manifest;
pub(crate) mod tests;

use crate::{Finding, Reproducer};
use policies::Policy;
use runtime::{Execution, OutcomeKind};
use std::collections::BTreeMap;

/// What a stage found.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) findings: Vec<Finding>,
    pub(crate) metrics: BTreeMap<String, f64>,
}

impl Found {
    pub(crate) fn add(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    #[allow(clippy::cast_precision_loss, reason = "figures for people")]
    pub(crate) fn count(&mut self, name: &str, figure: u64) {
        self.metrics.insert(name.to_owned(), figure as f64);
    }
}

/// How to see a run again.
pub(crate) fn reproducer(args: &[&str], input: &str, policy: &Policy) -> Reproducer {
    Reproducer {
        args: args.iter().map(|argument| (*argument).to_owned()).collect(),
        input: input.to_owned(),
        seed: match policy.capabilities.random {
            policies::Random::Seeded(seed) => Some(seed),
            policies::Random::Real => None,
        },
        fuel: Some(policy.limits.fuel.0),
    }
}

/// A run that met a limit, in words; `None` where none was met.
pub(crate) fn exceeded(execution: &Execution) -> Option<(&'static str, String, &'static str)> {
    use runtime::Outcome;
    match &execution.outcome {
        Outcome::FuelExhausted { limit } => Some((
            "fuel-exhausted",
            format!("used up its fuel ({limit} units): it loops without end, or does far too much"),
            "look for a loop that does not end, or do less work for this input",
        )),
        Outcome::MemoryExceeded { message } => Some((
            "memory-exceeded",
            message.clone(),
            "use less memory: read in pieces, do not keep what is no longer needed, check for growth without end",
        )),
        Outcome::DeadlineExceeded { limit } => Some((
            "deadline-exceeded",
            format!("ran longer than {limit}"),
            "do less, and do not wait: a tool answers at once",
        )),
        Outcome::OutputExceeded { limit } => Some((
            "output-exceeded",
            format!("wrote more than {limit} to standard output"),
            "write only the answer; a log goes to standard error, in few lines",
        )),
        _ => None,
    }
}

/// The panic's message and place, if the guest panicked: from Rust's own words on standard error.
pub(crate) fn panic(stderr: &str) -> Option<(String, Option<crate::Place>)> {
    let start = stderr.rfind("panicked at ")?;
    let rest = &stderr[start + "panicked at ".len()..];
    let (head, message) = rest.split_once(":\n").unwrap_or((rest, ""));
    let message: Vec<&str> = message
        .lines()
        .take_while(|line| !line.starts_with("note: run with") && !line.is_empty())
        .collect();
    let mut parts = head.trim().rsplitn(3, ':');
    let column = parts.next().and_then(|column| column.parse().ok());
    let line = parts.next().and_then(|line| line.parse().ok());
    let place = parts.next().map(|path| crate::Place::File {
        path: path.to_owned(),
        line,
        column,
    });
    Some((message.join("\n"), place))
}

/// The last lines of a text, for a message.
pub(crate) fn tail(text: &str, lines: usize) -> String {
    let all: Vec<&str> = text.lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}

/// What the guest tried beyond its policy, as text; empty if nothing.
pub(crate) fn denied(execution: &Execution) -> String {
    let list: Vec<String> = execution
        .denied
        .iter()
        .take(5)
        .map(|denied| format!("{} {:?}", denied.what, denied.target))
        .collect();
    list.join(", ")
}

/// Whether the run ended well.
pub(crate) fn succeeded(execution: &Execution) -> bool {
    execution.outcome.kind() == OutcomeKind::Success
}

#[cfg(test)]
mod unit {
    use super::*;
    use crate::Place;

    #[test]
    fn a_panic_is_read_from_rusts_own_words() {
        let stderr = "log line\n\nthread 'tests::adds' (1) panicked at src/main.rs:12:9:\nassertion failed: a == b\n  left: 1\nnote: run with `RUST_BACKTRACE=1`\n";
        let (message, place) = panic(stderr).expect("a panic");
        assert_eq!(message, "assertion failed: a == b\n  left: 1");
        assert_eq!(
            place,
            Some(Place::File {
                path: "src/main.rs".into(),
                line: Some(12),
                column: Some(9)
            })
        );
        assert_eq!(panic("all is well"), None);
        assert!(panic("panicked at ").is_some());
    }
}

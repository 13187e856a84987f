//! What no run may show, and what it means.

mod rules;
mod telling;

pub use rules::{Rule, Severity};
pub(crate) use telling::{panic_message, panic_place, says_panic};

use crate::machine::{Ended, Stop, hash};
use crate::runner::Seen;
use crate::subject::Spec;
use serde_json::Value;
use wasmtime::Trap;

/// What an input is to the contract.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Class {
    /// There is no contract.
    Raw,
    /// It fits the schema.
    Valid(Value),
    /// It does not, or is no JSON.
    Forbidden,
}

impl Class {
    pub(crate) fn of(input: &[u8], spec: &Spec) -> Self {
        let Some(contract) = &spec.contract else {
            return Self::Raw;
        };
        match serde_json::from_slice(input) {
            Ok(value) if contract.allows_input(&value) => Self::Valid(value),
            _ => Self::Forbidden,
        }
    }

    /// Whether a tool that is total has to take it. A schema calls `1.0` an integer, and readers
    /// of integers in most languages do not take it: an input in which a whole number is written
    /// so is no proof, for the same number is also tried as `1`.
    fn must_be_taken(&self) -> bool {
        matches!(self, Self::Valid(value) if !has_whole_number_as_decimal(value))
    }

    /// Whether the tool has to answer it well: any input where there is no contract.
    pub(crate) fn counts(&self) -> bool {
        !matches!(self, Self::Forbidden)
    }
}

fn has_whole_number_as_decimal(value: &Value) -> bool {
    match value {
        Value::Number(number) => {
            number.is_f64() && number.as_f64().is_some_and(|it| it.fract() == 0.0)
        }
        Value::Array(elements) => elements.iter().any(has_whole_number_as_decimal),
        Value::Object(members) => members.values().any(has_whole_number_as_decimal),
        _ => false,
    }
}

/// Something that looks wrong: which rule, and what tells two of the same rule apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) rule: Rule,
    pub(crate) site: u64,
}

impl Key {
    fn new(rule: Rule, site: u64) -> Self {
        Self { rule, site }
    }
}

/// What is looked for in the environment's place: nothing that a tool may repeat.
pub(crate) const CANARY: &str = "canary-7d1f3c9a";

/// Looks at one run.
pub(crate) fn examine(seen: &Seen<'_>, class: &Class, spec: &Spec) -> Option<Key> {
    let bad = match seen.ended {
        Ended::Success => success(seen, class, spec),
        Ended::Exit(_) | Ended::Trap(_) if says_panic(seen.stderr) && !seen.refused => {
            Some(Key::new(Rule::Panic, panic_site(seen)))
        }
        Ended::Exit(_) | Ended::Trap(_) if seen.refused => Some(Key::new(Rule::Memory, 0)),
        Ended::Exit(_) if class.must_be_taken() && spec.promises.total => {
            Some(Key::new(Rule::RefusesValid, 0))
        }
        Ended::Trap(Trap::StackOverflow) => Some(Key::new(Rule::StackOverflow, 0)),
        Ended::Trap(trap) => Some(Key::new(Rule::Trap, seen.stack ^ hash(&[trap as u8]))),
        Ended::Stopped(Stop::Output) => Some(Key::new(Rule::Output, 0)),
        Ended::Fuel | Ended::Stopped(Stop::Work) if is_answer(seen.stdout, spec) => {
            Some(Key::new(Rule::SpinsAfterResult, 0))
        }
        Ended::Fuel | Ended::Stopped(Stop::Work) => Some(Key::new(Rule::Fuel, 0)),
        Ended::Exit(_) | Ended::Other => None,
    };
    bad.or_else(|| {
        let what = seen.denied.first()?;
        Some(Key::new(Rule::Denied, hash(what.as_bytes())))
    })
    .or_else(|| leak(seen))
}

fn leak(seen: &Seen<'_>) -> Option<Key> {
    let leaks =
        seen.asked_environment && memchr::memmem::find(seen.stdout, CANARY.as_bytes()).is_some();
    leaks.then_some(Key {
        rule: Rule::Leak,
        site: 0,
    })
}

fn panic_site(seen: &Seen<'_>) -> u64 {
    match panic_place(seen.stderr) {
        Some(place) => hash(place.as_bytes()),
        None => seen.stack,
    }
}

fn success(seen: &Seen<'_>, class: &Class, spec: &Spec) -> Option<Key> {
    if says_panic(seen.stderr) {
        return Some(Key::new(Rule::HiddenPanic, panic_site(seen)));
    }
    let contract = spec.contract.as_ref()?;
    match class {
        Class::Raw => None,
        Class::Forbidden => Some(Key::new(Rule::AcceptsForbidden, 0)),
        Class::Valid(_) => match serde_json::from_slice(seen.stdout) {
            Err(_) => Some(Key::new(Rule::NoJson, 0)),
            Ok(output) => match contract.check_output(&output) {
                Ok(()) => None,
                Err(why) => Some(Key::new(
                    Rule::OutputSchema,
                    hash(place_of(&why).as_bytes()),
                )),
            },
        },
    }
}

/// Where an output does not fit, without the numbers of elements in it.
fn place_of(why: &str) -> String {
    let place = why.split(": ").next().unwrap_or_default();
    place
        .chars()
        .filter(|c| !c.is_ascii_digit())
        .take(80)
        .collect()
}

fn is_answer(stdout: &[u8], spec: &Spec) -> bool {
    let Ok(value) = serde_json::from_slice::<Value>(stdout) else {
        return false;
    };
    spec.contract
        .as_ref()
        .is_none_or(|contract| contract.check_output(&value).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_whole_number_written_as_a_decimal_is_no_proof_of_a_refusal() {
        let taken = |value: Value| Class::Valid(value).must_be_taken();
        assert!(taken(json!({"n": 1, "m": [1.5, -2]})));
        assert!(!taken(json!({"n": 1.0})));
        assert!(!taken(json!([{"n": [-0.0]}])));
        assert!(!Class::Forbidden.must_be_taken());
    }
}

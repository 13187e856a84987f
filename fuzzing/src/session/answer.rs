//! What a run gave, and whether two runs gave the same.

use crate::machine::Ended;
use crate::oracle::Key;
use crate::runner::Seen;
use crate::subject::Spec;
use serde_json::Value;

/// How a run ended and what it printed, to compare it with another.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) ended: Ended,
    stdout: Vec<u8>,
    /// The same as JSON, where there is a contract.
    pub(super) value: Option<Value>,
    pub(super) bad: Option<Key>,
}

impl Answer {
    pub(super) fn of(seen: &Seen<'_>, spec: &Spec) -> Self {
        let parsed = spec.contract.is_some();
        Self {
            ended: seen.ended,
            stdout: seen.stdout.to_vec(),
            value: parsed
                .then(|| serde_json::from_slice(seen.stdout).ok())
                .flatten(),
            bad: None,
        }
    }

    /// Out of fuel is not compared: where it runs out depends on the world by a hair.
    pub(super) fn differs(&self, other: &Self) -> bool {
        if matches!(self.ended, Ended::Fuel) || matches!(other.ended, Ended::Fuel) {
            return self.ended != other.ended;
        }
        if self.ended != other.ended {
            return true;
        }
        if self.ended != Ended::Success {
            return false;
        }
        match (&self.value, &other.value) {
            (Some(one), Some(other)) => !same(one, other),
            _ => self.stdout != other.stdout,
        }
    }

    pub(super) fn told(&self) -> String {
        match self.ended {
            Ended::Success => format!("it gives {}", short(&String::from_utf8_lossy(&self.stdout))),
            Ended::Exit(code) => format!("it ends with exit code {code}"),
            Ended::Trap(trap) => format!("it traps ({trap})"),
            Ended::Fuel => "it uses up its fuel".to_owned(),
            Ended::Stopped(stop) => stop.to_string(),
            Ended::Other => "it can't be run".to_owned(),
        }
    }

    pub(super) fn beside(&self, other: &Self) -> String {
        format!("once {}, and then {}", self.told(), other.told())
    }
}

/// JSON knows numbers, not their kinds.
pub(crate) fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            one == other || one.as_f64().is_some_and(|it| Some(it) == other.as_f64())
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .all(|(key, one)| other.get(key).is_some_and(|other| same(one, other)))
        }
        _ => one == other,
    }
}

/// A text as one reads it in a message.
pub(crate) fn short(text: &str) -> String {
    const MOST: usize = 300;
    let text = text.trim_end();
    if text.len() <= MOST {
        return text.to_owned();
    }
    format!("{}…", &text[..text.floor_char_boundary(MOST)])
}

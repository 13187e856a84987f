//! Between the types of the wire and those of the crates below.
//!
//! What goes out is converted with [`From`] and can't fail; what comes in is checked field by
//! field with [`TryFrom`], and a [`WireError`] names everything that is wrong. Both directions
//! exist for most types, because clients written in Rust want the same types as the service.

mod changes;
mod evidence;
mod execution;
mod knowledge;
pub(crate) mod policy;
pub(crate) mod report;
pub(crate) mod tool;

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::fmt;

pub use validation::FieldViolation;

/// A message that can't be understood, with everything that is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WireError {
    /// Field by field, with paths such as `tool.files[2].path`; never empty.
    pub violations: Vec<FieldViolation>,
}

impl std::error::Error for WireError {}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, violation) in self.violations.iter().enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            write!(f, "{}: {}", violation.field, violation.message)?;
        }
        Ok(())
    }
}

impl WireError {
    /// One thing wrong with one field.
    pub fn one(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            violations: vec![FieldViolation {
                field: field.into(),
                message: message.into(),
            }],
        }
    }

    /// The same, as seen from the message that has this one in the field `parent`.
    #[must_use]
    pub fn under(mut self, parent: &str) -> Self {
        for violation in &mut self.violations {
            violation.field = format!("{parent}.{}", violation.field);
        }
        self
    }
}

/// A field that must be there.
fn required<T>(value: Option<T>, field: &str) -> Result<T, WireError> {
    value.ok_or_else(|| WireError::one(field, "it is missing"))
}

/// A message inside a message: its violations are named from the outer one.
fn inner<W, T>(value: Option<W>, field: &str) -> Result<T, WireError>
where
    T: TryFrom<W, Error = WireError>,
{
    T::try_from(required(value, field)?).map_err(|error| error.under(field))
}

/// A list of messages inside a message.
fn list<W, T>(values: Vec<W>, field: &str) -> Result<Vec<T>, WireError>
where
    T: TryFrom<W, Error = WireError>,
{
    values
        .into_iter()
        .enumerate()
        .map(|(index, value)| {
            T::try_from(value).map_err(|error| error.under(&format!("{field}[{index}]")))
        })
        .collect()
}

/// A value of an enum of the protocol. The generated accessors take what they do not know for
/// "not said", which would ignore a wish of a newer client instead of refusing it.
pub(crate) fn enumerated<T>(value: i32, field: &str) -> Result<T, WireError>
where
    T: TryFrom<i32>,
{
    T::try_from(value)
        .map_err(|_| WireError::one(field, format!("the value {value} is not known here")))
}

/// A text that is parsed into something.
pub(crate) fn parsed<T>(text: &str, field: &str) -> Result<T, WireError>
where
    T: std::str::FromStr,
    T::Err: fmt::Display,
{
    text.parse()
        .map_err(|error: T::Err| WireError::one(field, error.to_string()))
}

/// A semantic version.
pub(crate) fn version(text: &str, field: &str) -> Result<semver::Version, WireError> {
    semver::Version::parse(text).map_err(|error| {
        let shown: String = text.escape_debug().take(80).collect();
        WireError::one(
            field,
            format!("`{shown}` is no semantic version such as 1.2.3: {error}"),
        )
    })
}

/// JSON text, at most 128 levels deep.
fn json<T: DeserializeOwned>(text: &str, field: &str) -> Result<T, WireError> {
    serde_json::from_str(text)
        .map_err(|error| WireError::one(field, format!("it is not the expected JSON: {error}")))
}

/// Text of a JSON value.
pub(crate) fn json_text<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("texts as keys, no failing values")
}

/// The name that a fieldless enum has in its JSON form.
fn name_of<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(name)) => name,
        // Not reached with the enums here, which are all named.
        _ => String::new(),
    }
}

/// The fieldless enum with that name in its JSON form.
fn named<T: DeserializeOwned>(name: &str, field: &str) -> Result<T, WireError> {
    serde_json::from_value(Value::String(name.to_owned()))
        .map_err(|error| WireError::one(field, error.to_string()))
}

/// `None` for the empty text.
fn non_empty(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

/// A time for the wire, in whole nanoseconds.
pub(crate) fn to_wire_time(time: Timestamp) -> prost_types::Timestamp {
    // Euclidean, as the wire wants it: the nanoseconds count forward before 1970 too.
    let nanos = time.as_nanosecond();
    let seconds = nanos.div_euclid(1_000_000_000);
    let rest = nanos.rem_euclid(1_000_000_000);
    prost_types::Timestamp {
        seconds: i64::try_from(seconds).expect("a timestamp has fewer seconds than an i64"),
        nanos: i32::try_from(rest).expect("below a thousand million"),
    }
}

/// A time from the wire.
fn from_wire_time(
    time: Option<prost_types::Timestamp>,
    field: &str,
) -> Result<Timestamp, WireError> {
    let time = required(time, field)?;
    Timestamp::new(time.seconds, time.nanos)
        .map_err(|error| WireError::one(field, error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn violations_are_named_from_the_outermost_message() {
        let error = WireError::one("path", "is empty")
            .under("files[2]")
            .under("tool");
        assert_eq!(error.to_string(), "tool.files[2].path: is empty");
    }

    #[test]
    fn times_before_and_after_1970_come_back() {
        for nanosecond in [0, 1, -1, 1_700_000_000_123_456_789, -999_999_999] {
            let time = Timestamp::from_nanosecond(nanosecond).unwrap();
            let wire = to_wire_time(time);
            assert!((0..1_000_000_000).contains(&wire.nanos));
            assert_eq!(from_wire_time(Some(wire), "t"), Ok(time));
        }
        assert!(from_wire_time(None, "t").is_err());
    }

    #[test]
    fn json_a_thousand_levels_deep_is_refused() {
        let deep = "[".repeat(1000) + &"]".repeat(1000);
        assert!(json::<Value>(&deep, "input").is_err());
    }
}

//! When two JSON values are the same.

use serde_json::{Number, Value};

/// JSON knows numbers, not their kinds: 3 and 3.0 are one value, as JSON Schema says too. Nothing
/// is rounded: whoever promises 0.3 and gives 0.1 + 0.2 gives something else.
pub(crate) fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => same_number(one, other),
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

fn same_number(one: &Number, other: &Number) -> bool {
    match (one.as_i128(), other.as_i128()) {
        (Some(one), Some(other)) => one == other,
        (None, None) => one == other,
        (Some(whole), None) => is_whole(other, whole),
        (None, Some(whole)) => is_whole(one, whole),
    }
}

/// Whether a number with a fraction or exponent is this whole number exactly.
fn is_whole(number: &Number, whole: i128) -> bool {
    // All that the other side can hold, so that the conversion below loses nothing.
    const RANGE: f64 = 18_446_744_073_709_551_616.0;
    #[allow(
        clippy::cast_possible_truncation,
        reason = "it has no fraction and is in the range"
    )]
    number
        .as_f64()
        .is_some_and(|f| f.fract() == 0.0 && f.abs() <= RANGE && f as i128 == whole)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(text: &str) -> Value {
        serde_json::from_str(text).expect(text)
    }

    #[test]
    fn numbers_are_compared_by_what_they_are_worth() {
        for (one, other) in [
            ("3", "3.0"),
            ("3", "0.3e1"),
            ("-3", "-3.0"),
            ("0", "-0.0"),
            ("9007199254740992", "9007199254740992.0"),
            ("18446744073709549568", "18446744073709549568.0"),
            (
                r#"{"a":[1,{"b":2.0}],"c":null}"#,
                r#"{"c":null,"a":[1.0,{"b":2}]}"#,
            ),
        ] {
            assert!(same(&read(one), &read(other)), "{one} {other}");
            assert!(same(&read(other), &read(one)), "{one} {other}");
        }
    }

    #[test]
    fn and_exactly() {
        for (one, other) in [
            ("3", "3.0000000000000004"),
            ("3", "\"3\""),
            ("1", "true"),
            // One more than what the next double holds.
            ("9007199254740993", "9007199254740992.0"),
            ("18446744073709551615", "18446744073709551616.0"),
            ("9223372036854775807", "9223372036854775808.0"),
            ("0", "1e300"),
            ("[1]", "[1,1]"),
            (r#"{"a":1}"#, r#"{"b":1}"#),
            (r#"{"a":1}"#, r#"{"a":1,"b":1}"#),
        ] {
            assert!(!same(&read(one), &read(other)), "{one} {other}");
            assert!(!same(&read(other), &read(one)), "{one} {other}");
        }
        assert!(!same(&json!(0.1 + 0.2), &json!(0.3)));
    }
}

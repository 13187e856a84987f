//! Where a value does not fit its schema.

use super::budget::{Budget, within};
use super::{Mismatch, Schema, short};
use serde_json::Value;
use std::fmt::Write as _;

/// Places that are named at once: who mends one would only learn of the next.
const SHOWN: usize = 5;

/// The first place that does not fit, with the next ones in its message; `None` where there is
/// too much to compare.
pub(super) fn find(schema: &Schema, value: &Value) -> Option<Mismatch> {
    several(schema, value).or_else(|| first(schema, value))
}

/// All of them are compared before the first is known, so this is for values of a usual size.
fn several(schema: &Schema, value: &Value) -> Option<Mismatch> {
    let mut places = within(Budget::WHERE_RECURSIVE, || {
        let errors = schema.compiled.iter_errors(value);
        let places = errors.take(SHOWN + 1).map(|error| mismatch(&error));
        places.collect::<Vec<_>>()
    })
    .ok()?
    .into_iter();
    let mut all = places.next()?;
    for (index, place) in places.enumerate() {
        let _ = match index + 1 {
            SHOWN => write!(all.message, "; and more"),
            _ => write!(all.message, "; {place}"),
        };
    }
    Some(all)
}

fn first(schema: &Schema, value: &Value) -> Option<Mismatch> {
    let budget = if schema.shape.recursive {
        Budget::WHERE_RECURSIVE
    } else {
        Budget::WHERE
    };
    let place = within(budget, || {
        schema
            .compiled
            .validate(value)
            .map_err(|error| mismatch(&error))
    });
    place.ok()?.err()
}

fn mismatch(error: &jsonschema::ValidationError<'_>) -> Mismatch {
    Mismatch {
        pointer: error.instance_path().to_string(),
        message: short(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::compile;
    use super::*;
    use serde_json::json;

    fn found(value: &Value) -> String {
        let schema = compile(
            "input_schema",
            &json!({
                "type": "object",
                "properties": {"text": {"type": "string"}, "least": {"type": "integer"}},
                "required": ["text"],
                "additionalProperties": false,
            }),
        );
        find(&schema.expect("a schema"), value)
            .expect("it does not fit")
            .to_string()
    }

    #[test]
    fn a_wrong_key_is_told_with_the_one_that_lacks() {
        let told = found(&json!({"txt": "a", "least": "b"}));
        for part in ["'txt'", "\"text\" is a required property", "at /least"] {
            assert!(told.contains(part), "{part}: {told}");
        }
    }

    #[test]
    fn no_more_are_told_than_one_reads() {
        let schema = json!({"type": "array", "items": {"type": "string"}});
        let schema = compile("input_schema", &schema).expect("a schema");
        let told = |count: usize| {
            let values: Vec<usize> = (0..count).collect();
            find(&schema, &json!(values))
                .expect("it does not fit")
                .to_string()
        };
        assert!(!told(SHOWN).contains("and more"));
        assert!(told(SHOWN).contains(&format!("at /{}", SHOWN - 1)));
        assert!(told(SHOWN + 1).ends_with("; and more"));
        assert!(told(100_000).len() < 2_000);
    }
}

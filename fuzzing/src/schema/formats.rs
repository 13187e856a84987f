//! The formats of numbers that programs mean when they name them.

use serde_json::{Value, json};

/// The schema with the ranges that its formats of whole numbers mean (`uint8`, `int32`, …): JSON
/// Schema takes a format for a remark, and what writes schemas from types takes it for a bound.
/// A tool need not answer what no program of its kind can hold. `uint` and `int` are those of the
/// guest, of 32 bits.
#[must_use]
pub fn with_format_ranges(schema: &Value) -> Value {
    let mut schema = schema.clone();
    bound(&mut schema);
    schema
}

fn bound(schema: &mut Value) {
    match schema {
        Value::Array(parts) => parts.iter_mut().for_each(bound),
        Value::Object(object) => {
            let range = match object.get("format").and_then(Value::as_str) {
                Some("uint8") => Some((json!(0), json!(u8::MAX))),
                Some("uint16") => Some((json!(0), json!(u16::MAX))),
                Some("uint" | "uint32") => Some((json!(0), json!(u32::MAX))),
                Some("uint64") => Some((json!(0), json!(u64::MAX))),
                Some("int8") => Some((json!(i8::MIN), json!(i8::MAX))),
                Some("int16") => Some((json!(i16::MIN), json!(i16::MAX))),
                Some("int" | "int32") => Some((json!(i32::MIN), json!(i32::MAX))),
                Some("int64") => Some((json!(i64::MIN), json!(i64::MAX))),
                _ => None,
            };
            if let Some((least, most)) = range {
                object.entry("minimum").or_insert(least);
                object.entry("maximum").or_insert(most);
            }
            for (keyword, part) in object.iter_mut() {
                // Values stand here, not schemas.
                if !["enum", "const", "default", "examples"].contains(&keyword.as_str()) {
                    bound(part);
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_bounds_what_has_no_bounds_of_its_own() {
        let schema = json!({"properties": {
            "a": {"type": "integer", "format": "uint8", "minimum": 3},
            "b": {"type": "array", "items": {"format": "int32"}},
            "c": {"const": {"format": "uint8"}},
        }});
        let bounded = with_format_ranges(&schema);
        assert_eq!(bounded["properties"]["a"]["maximum"], json!(255));
        assert_eq!(bounded["properties"]["a"]["minimum"], json!(3));
        assert_eq!(
            bounded["properties"]["b"]["items"]["minimum"],
            json!(i32::MIN)
        );
        assert_eq!(bounded["properties"]["c"], schema["properties"]["c"]);
    }
}

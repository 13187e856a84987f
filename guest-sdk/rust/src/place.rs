//! Where in a JSON text something is wrong, in the words of its author.

use std::fmt::Write;

/// One step from the outside in.
enum Step {
    /// Within an object; its key once that has been read.
    Object(Option<String>),
    /// Within an array, at an index.
    Array(usize),
}

/// The path to the value that ends at, or goes on after, `line` and `column` as
/// [`serde_json::Error`] counts them: `items[1].name`; empty for the outermost value.
///
/// serde's errors know a position only. All before that position has been parsed, so the way
/// there is found by the brackets, commas and keys alone.
pub(crate) fn path_at(text: &[u8], line: usize, column: usize) -> String {
    let end = offset(text, line, column);
    let mut steps = Vec::new();
    let mut at = 0;
    while at < end {
        match text[at] {
            b'{' => steps.push(Step::Object(None)),
            b'[' => steps.push(Step::Array(0)),
            b'}' | b']' => {
                steps.pop();
            }
            b',' => match steps.last_mut() {
                Some(Step::Array(index)) => *index += 1,
                Some(Step::Object(key)) => *key = None,
                None => {}
            },
            b'"' => {
                let close = string_end(text, at);
                if let Some(Step::Object(key @ None)) = steps.last_mut() {
                    *key = serde_json::from_slice(&text[at..close]).ok();
                }
                at = close;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    written(&steps)
}

/// Byte offset of a line and column, both from 1, the column counting bytes already read.
fn offset(text: &[u8], line: usize, column: usize) -> usize {
    let start = if line <= 1 {
        0
    } else {
        text.iter()
            .enumerate()
            .filter(|(_, byte)| **byte == b'\n')
            .nth(line - 2)
            .map_or(text.len(), |(index, _)| index + 1)
    };
    (start + column).min(text.len())
}

/// The offset after the closing quote of the string that opens at `open`.
fn string_end(text: &[u8], open: usize) -> usize {
    let mut at = open + 1;
    while at < text.len() {
        match text[at] {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    text.len()
}

fn written(steps: &[Step]) -> String {
    let mut path = String::new();
    for step in steps {
        // Writing to a string can't fail.
        let _ = match step {
            Step::Object(None) => Ok(()),
            Step::Array(index) => write!(path, "[{index}]"),
            Step::Object(Some(key)) if is_word(key) && path.is_empty() => write!(path, "{key}"),
            Step::Object(Some(key)) if is_word(key) => write!(path, ".{key}"),
            Step::Object(Some(key)) => write!(path, "[{key:?}]"),
        };
    }
    path
}

fn is_word(key: &str) -> bool {
    !key.is_empty()
        && !key.starts_with(|first: char| first.is_ascii_digit())
        && key
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '$')
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use std::collections::BTreeMap;

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only the reading of it is tested")]
    struct Input {
        items: Vec<Item>,
        #[serde(default)]
        by_name: BTreeMap<String, u8>,
        #[serde(default)]
        pair: (u8, u8),
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only the reading of it is tested")]
    struct Item {
        name: String,
    }

    #[track_caller]
    fn assert_path(text: &str, path: &str) {
        let error = serde_json::from_str::<Input>(text)
            .err()
            .expect("it does not fit");
        assert_eq!(
            path_at(text.as_bytes(), error.line(), error.column()),
            path,
            "{error}"
        );
    }

    #[test]
    fn a_value_of_another_type_is_found() {
        assert_path(
            r#"{"items": [{"name": "a"}, {"name": 1}]}"#,
            "items[1].name",
        );
        assert_path(r#"{"items": [{"name": "a"}, 2 ]}"#, "items[1]");
        assert_path(r#"{"items": {"a": 1}}"#, "items");
        assert_path(r#"{"items": [], "pair": [1, "x"]}"#, "pair[1]");
        assert_path(
            "{\n \"items\": [\n  {\n   \"name\": null}]}",
            "items[0].name",
        );
        assert_path("[]", "");
        assert_path("7", "");
    }

    #[test]
    fn a_number_out_of_range_is_found() {
        assert_path(
            r#"{"items": [], "by_name": {"a": 1, "b": 256}}"#,
            "by_name.b",
        );
    }

    #[test]
    fn a_missing_field_is_missing_from_its_object() {
        assert_path(r#"{"items": [{"name": "a"}, {}]}"#, "items[1]");
        assert_path("{}", "");
    }

    #[test]
    fn an_unknown_field_is_named() {
        assert_path(r#"{"items": [{"name": "a", "nmae" : 1}]}"#, "items[0].nmae");
    }

    #[test]
    fn keys_and_texts_may_hold_anything() {
        assert_path(
            r#"{"items": [{"name": "}],{\"[\\"}], "by_name": {"a \"b\",": "x"}}"#,
            r#"by_name["a \"b\","]"#,
        );
        assert_path(
            r#"{"items": [], "by_name": {"é": 1, "1": ""}}"#,
            r#"by_name["1"]"#,
        );
    }

    #[test]
    fn a_position_past_the_end_is_the_end() {
        assert_eq!(path_at(b"{\"a\":[1", 9, 9), "a[0]");
        assert_eq!(path_at(b"\"\\", 1, 2), "");
        assert_eq!(path_at(b"", 1, 0), "");
    }
}

//! How large a schema gets when each of its references is followed.
//!
//! A schema of a few lines can stand for one of millions (each definition naming the next one
//! twice), or lead through thousands of references. Both are refused before anything walks
//! them: schemas come from the tools that are to be judged.

use serde_json::Value;
use std::collections::HashMap;

/// The most parts that a schema may have with its references followed.
pub(super) const MAX_PARTS: u64 = 100_000;
/// The longest way from its root to an inner part, references followed.
pub(super) const MAX_HEIGHT: usize = 256;

/// What a schema amounts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) parts: u64,
    /// The longest way from its root to an inner part that comes back to no part twice.
    pub(super) height: usize,
    /// Whether it refers to itself.
    pub(super) recursive: bool,
}

/// Measures a schema that refers to nothing outside itself.
///
/// # Errors
/// In words, when it is more than may be.
pub(super) fn measure(schema: &Value) -> Result<Shape, String> {
    let mut anchors = HashMap::new();
    find_anchors(schema, true, &mut anchors)?;
    let mut walk = Walk {
        root: schema,
        anchors,
        known: HashMap::new(),
        recursive: false,
    };
    let mut shape = walk.shape(schema, 1)?;
    shape.recursive = walk.recursive;
    if shape.height > MAX_HEIGHT {
        return Err(too_high());
    }
    Ok(shape)
}

fn too_high() -> String {
    format!("its parts lead through more than {MAX_HEIGHT} levels and references")
}

/// Keywords whose values are data and no schemas.
pub(super) fn is_data(keyword: &str) -> bool {
    matches!(keyword, "const" | "enum" | "default" | "examples")
}

/// Keywords whose values are schemas by names that the author chose.
pub(super) fn is_named(keyword: &str) -> bool {
    matches!(
        keyword,
        "properties"
            | "patternProperties"
            | "dependentSchemas"
            | "dependencies"
            | "$defs"
            | "definitions"
    )
}

/// The parts of a schema, or of a list of schemas, that are schemas themselves.
pub(super) fn parts(schema: &Value) -> Vec<&Value> {
    match schema {
        Value::Object(keywords) => keywords
            .iter()
            .filter(|(keyword, _)| !is_data(keyword))
            .flat_map(|(keyword, value)| match value {
                Value::Object(named) if is_named(keyword) => named.values().collect(),
                value => vec![value],
            })
            .collect(),
        Value::Array(parts) => parts.iter().collect(),
        _ => Vec::new(),
    }
}

fn find_anchors<'a>(
    schema: &'a Value,
    root: bool,
    anchors: &mut HashMap<&'a str, &'a Value>,
) -> Result<(), String> {
    let text = |keyword: &str| schema.get(keyword).and_then(Value::as_str);
    if let Some(id) = text("$id").filter(|_| !root) {
        return Err(format!(
            "a part of it has an `$id` of its own ({id:?}): put it under $defs and refer to `#/$defs/…`"
        ));
    }
    for name in ["$anchor", "$dynamicAnchor"].into_iter().filter_map(text) {
        anchors.insert(name, schema);
    }
    parts(schema)
        .into_iter()
        .try_for_each(|part| find_anchors(part, false, anchors))
}

struct Walk<'a> {
    root: &'a Value,
    anchors: HashMap<&'a str, &'a Value>,
    /// By address, which is that of one part for as long as the schema is borrowed. `None` for
    /// a part that is being measured: a reference to it goes round in a circle.
    known: HashMap<*const Value, Option<Shape>>,
    recursive: bool,
}

impl<'a> Walk<'a> {
    fn shape(&mut self, part: &'a Value, depth: usize) -> Result<Shape, String> {
        if depth > MAX_HEIGHT {
            return Err(too_high());
        }
        let leaf = Shape {
            parts: 1,
            height: 1,
            recursive: false,
        };
        if !matches!(part, Value::Object(_) | Value::Array(_)) {
            return Ok(leaf);
        }
        if let Some(known) = self.known.get(&std::ptr::from_ref(part)) {
            self.recursive |= known.is_none();
            return Ok(known.unwrap_or(leaf));
        }
        self.known.insert(std::ptr::from_ref(part), None);
        let mut whole = leaf;
        for inner in self.inner(part) {
            let inner = self.shape(inner, depth + 1)?;
            whole.parts = whole.parts.saturating_add(inner.parts);
            whole.height = whole.height.max(1 + inner.height);
            if whole.parts > MAX_PARTS {
                return Err(format!(
                    "with its references followed it has more than {MAX_PARTS} parts: let definitions refer to others fewer times"
                ));
            }
        }
        self.known.insert(std::ptr::from_ref(part), Some(whole));
        Ok(whole)
    }

    /// The parts of a part, and what its references lead to.
    fn inner(&self, part: &'a Value) -> Vec<&'a Value> {
        let reference = |keyword| part.get(keyword).and_then(Value::as_str);
        let references = ["$ref", "$dynamicRef"].into_iter().filter_map(reference);
        let mut inner: Vec<&Value> = references
            .filter_map(|target| self.target(target))
            .collect();
        inner.extend(parts(part));
        inner
    }

    /// Where a reference leads; one that leads nowhere is refused when the schema is compiled.
    fn target(&self, reference: &str) -> Option<&'a Value> {
        let fragment = reference.strip_prefix('#')?;
        if fragment.is_empty() {
            return Some(self.root);
        }
        if fragment.starts_with('/') {
            return self.root.pointer(&percent_decoded(fragment));
        }
        self.anchors.get(fragment).copied()
    }
}

/// A fragment as the pointer that it stands for.
fn percent_decoded(fragment: &str) -> String {
    let mut bytes = Vec::with_capacity(fragment.len());
    let mut rest = fragment.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex = (*first == b'%').then(|| after.get(..2)).flatten();
        let decoded = hex
            .and_then(|hex| std::str::from_utf8(hex).ok())
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        rest = if let Some(byte) = decoded {
            bytes.push(byte);
            &after[2..]
        } else {
            bytes.push(*first);
            after
        };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn references_count_as_what_they_lead_to() {
        let plain = json!({"properties": {"const": {"not": {"not": {}}}}});
        let shape = measure(&plain).expect("small");
        assert_eq!((shape.parts, shape.height), (4, 4));
        let referring = json!({
            "properties": {"a": {"$ref": "#/$defs/x%20y"}, "b": {"$ref": "#t"}},
            "$defs": {"x y": {"not": {"not": {}}}, "t": {"$anchor": "t"}}
        });
        let before = measure(&json!({"$defs": referring["$defs"]})).expect("small");
        assert_eq!((before.parts, before.height), (6, 4));
        let shape = measure(&referring).expect("small");
        // Two references, each with the text that names it, and what they lead to.
        assert_eq!((shape.parts, shape.height), (6 + 2 + 2 + 3 + 2, 5));
    }

    #[test]
    fn circles_end() {
        let tree = json!({"properties": {"left": {"$ref": "#"}, "right": {"$ref": "#"}}});
        let shape = measure(&tree).expect("small");
        assert_eq!((shape.height, shape.recursive), (3, true));
        let twice = json!({"properties": {"a": {"$ref": "#/$defs/a"}, "b": {"$ref": "#/$defs/a"}}, "$defs": {"a": {}}});
        assert!(!measure(&twice).expect("small").recursive);
        assert!(
            measure(&json!({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}})).is_ok()
        );
    }

    #[test]
    fn parts_that_double_are_counted_without_walking_them() {
        let schema = |levels: usize| {
            let mut definitions = serde_json::Map::new();
            for level in 0..levels {
                let next = json!({"$ref": format!("#/$defs/l{}", level + 1)});
                definitions.insert(format!("l{level}"), json!([next, next]));
            }
            definitions.insert(format!("l{levels}"), json!(true));
            json!({"$ref": "#/$defs/l0", "$defs": definitions})
        };
        assert!(measure(&schema(10)).is_ok());
        assert!(measure(&schema(60)).expect_err("2^60").contains("parts"));
    }

    #[test]
    fn long_ways_are_refused_at_their_edge() {
        let chain = |length: usize| {
            let mut definitions = serde_json::Map::new();
            for link in 1..length {
                let next = json!({"$ref": format!("#/$defs/l{}", link + 1)});
                definitions.insert(format!("l{link}"), next);
            }
            definitions.insert(format!("l{length}"), json!(true));
            json!({"$ref": "#/$defs/l1", "$defs": definitions})
        };
        let edge = measure(&chain(MAX_HEIGHT - 1)).expect("at the edge");
        assert_eq!(edge.height, MAX_HEIGHT);
        assert!(measure(&chain(MAX_HEIGHT)).is_err());
        assert!(measure(&chain(4 * MAX_HEIGHT)).is_err());
    }

    #[test]
    fn an_inner_id_would_move_the_references_below_it() {
        let inner = json!({"properties": {"a": {"$id": "https://example.com/a"}}});
        assert!(measure(&inner).expect_err("moved").contains("$id"));
        assert!(measure(&json!({"$id": "https://example.com/a"})).is_ok());
        // A property of that name is none.
        assert!(measure(&json!({"properties": {"$id": {"type": "string"}}})).is_ok());
    }
}

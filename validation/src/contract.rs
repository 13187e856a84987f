//! Schemas, compiled: what goes in and what comes out.

mod budget;
mod places;
mod shape;

use crate::Manifest;
use budget::{Budget, Spent, within};
use serde_json::Value;
use shape::Shape;

/// The two schemas of a tool, ready for every call.
#[derive(Debug)]
pub struct Contract {
    input: Schema,
    output: Schema,
}

#[derive(Debug)]
struct Schema {
    compiled: jsonschema::Validator,
    shape: Shape,
}

/// A schema that can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{which} is no JSON Schema 2020-12: {message}")]
pub struct ContractError {
    /// `input_schema` or `output_schema`.
    pub which: &'static str,
    /// Where and why.
    pub message: String,
}

/// A value that does not fit its schema.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.text())]
pub struct Mismatch {
    /// JSON pointer into the value; empty for the whole.
    pub pointer: String,
    /// What the schema says.
    pub message: String,
}

impl Mismatch {
    fn text(&self) -> String {
        if self.pointer.is_empty() {
            self.message.clone()
        } else {
            format!("at {}: {}", self.pointer, self.message)
        }
    }
}

impl Contract {
    /// The deepest nesting of a schema.
    pub const MAX_SCHEMA_DEPTH: usize = 64;
    /// The largest schema, as compact JSON, in bytes: 256 KiB.
    pub const MAX_SCHEMA_BYTES: usize = 256 * 1024;
    /// The deepest nesting of an input or output; JSON text deeper than this is not even read.
    pub const MAX_VALUE_DEPTH: usize = 128;

    /// Does what the first contract of a process needs and each further one finds done: the
    /// schema of schemas is compiled, which takes milliseconds.
    pub fn prepare() {
        // Nothing can be wrong with it, and nothing comes of it.
        drop(compile("input_schema", &Value::Bool(true)));
    }

    /// Compiles both schemas of a manifest.
    ///
    /// # Errors
    /// When one is not valid, too large or too deep, or refers to anything outside itself.
    pub fn new(manifest: &Manifest) -> Result<Self, ContractError> {
        Self::compile(manifest).map_err(|mut errors| errors.swap_remove(0))
    }

    /// As [`Contract::new`], with all that is wrong: there is at least one error in the list.
    pub(crate) fn compile(manifest: &Manifest) -> Result<Self, Vec<ContractError>> {
        let input = compile("input_schema", &manifest.input_schema);
        let output = compile("output_schema", &manifest.output_schema);
        match (input, output) {
            (Ok(input), Ok(output)) => Ok(Self { input, output }),
            (input, output) => Err(input.err().into_iter().chain(output.err()).collect()),
        }
    }

    /// Checks an input.
    ///
    /// # Errors
    /// The first place that does not fit, and in its message some more.
    pub fn check_input(&self, value: &Value) -> Result<(), Mismatch> {
        check(&self.input, value)
    }

    /// Whether an input fits, without saying where it does not.
    pub(crate) fn allows_input(&self, value: &Value) -> bool {
        match depth(Self::MAX_VALUE_DEPTH, value) {
            Some(depth) if depth * self.input.shape.height <= MAX_LEVELS_INLINE => {
                within(Budget::WHETHER, || self.input.compiled.is_valid(value))
                    .is_ok_and(|fits| fits)
            }
            _ => self.check_input(value).is_ok(),
        }
    }

    /// Checks an output.
    ///
    /// # Errors
    /// The first place that does not fit, and in its message some more.
    pub fn check_output(&self, value: &Value) -> Result<(), Mismatch> {
        check(&self.output, value)
    }
}

/// The largest compiled pattern of a schema, in bytes.
const MAX_PATTERN_BYTES: usize = 1024 * 1024;

fn compile(which: &'static str, schema: &Value) -> Result<Schema, ContractError> {
    let wrong = |message: String| ContractError { which, message };
    if depth(Contract::MAX_SCHEMA_DEPTH, schema).is_none() {
        return Err(wrong(format!(
            "it is nested more than {} levels deep",
            Contract::MAX_SCHEMA_DEPTH
        )));
    }
    let size = schema.to_string().len();
    if size > Contract::MAX_SCHEMA_BYTES {
        return Err(wrong(format!(
            "it has {size} bytes, more than {}",
            Contract::MAX_SCHEMA_BYTES
        )));
    }
    if let Some(reference) = outside(schema) {
        return Err(wrong(format!(
            "it refers to `{reference}`, which is outside of it: put that under $defs and refer to `#/$defs/…`"
        )));
    }
    let shape = shape::measure(schema).map_err(wrong)?;
    let compiled = with_stack(|| build(schema)).map_err(wrong)?;
    Ok(Schema { compiled, shape })
}

fn build(schema: &Value) -> Result<jsonschema::Validator, String> {
    jsonschema::draft202012::meta::validate(schema).map_err(|error| {
        let pointer = error.instance_path().to_string();
        if pointer.is_empty() {
            short(error.to_string())
        } else {
            short(format!("at {pointer}: {error}"))
        }
    })?;
    let mut schema = schema.clone();
    budget::add_toll(&mut schema);
    // Patterns come from tools and subjects from callers: no pair of them may take long.
    let patterns = jsonschema::PatternOptions::regex()
        .size_limit(MAX_PATTERN_BYTES)
        .dfa_size_limit(MAX_PATTERN_BYTES);
    budget::with_toll(jsonschema::options())
        .with_draft(jsonschema::Draft::Draft202012)
        .with_pattern_options(patterns)
        .build(&schema)
        .map_err(|error| {
            let text = short(error.to_string());
            let hint = if text.contains("regex") || text.contains("pattern") {
                " (patterns are regular expressions without look-around and back-references)"
            } else {
                ""
            };
            text + hint
        })
}

/// How deep a value is nested (1 for one that holds no other); `None` beyond `most`, and no
/// deeper does this look itself.
fn depth(most: usize, value: &Value) -> Option<usize> {
    let below = most.checked_sub(1)?;
    let deepest = |mut values: &mut dyn Iterator<Item = &Value>| {
        (&mut values).try_fold(0, |deepest: usize, value| {
            Some(deepest.max(depth(below, value)?))
        })
    };
    Some(
        1 + match value {
            Value::Array(values) => deepest(&mut values.iter())?,
            Value::Object(object) => deepest(&mut object.values())?,
            _ => 0,
        },
    )
}

/// Runs something that recurses, on a stack that is large enough for all that [`compile`] and
/// [`check`] let through. Only what is touched of it is ever backed by memory.
fn with_stack<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    const STACK_BYTES: usize = 256 * 1024 * 1024;
    std::thread::scope(|scope| {
        std::thread::Builder::new()
            .name("schema".to_owned())
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, work)
            .expect("a process that can't start a thread can't serve either")
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// A reference to anything but the schema itself: nothing is ever fetched.
fn outside(schema: &Value) -> Option<&str> {
    let reference = |keyword| schema.get(keyword).and_then(Value::as_str);
    ["$ref", "$dynamicRef"]
        .into_iter()
        .filter_map(reference)
        .find(|target| !target.starts_with('#'))
        .or_else(|| shape::parts(schema).into_iter().find_map(outside))
}

fn check(schema: &Schema, value: &Value) -> Result<(), Mismatch> {
    let Some(depth) = depth(Contract::MAX_VALUE_DEPTH, value) else {
        return Err(Mismatch {
            pointer: String::new(),
            message: format!(
                "it is nested more than {} levels deep",
                Contract::MAX_VALUE_DEPTH
            ),
        });
    };
    // A schema that refers to itself may be gone through once for each level of the value.
    if depth * schema.shape.height <= MAX_LEVELS_INLINE {
        fits(schema, value)
    } else {
        with_stack(|| fits(schema, value))
    }
}

/// Levels of recursion that any thread's stack has room for.
const MAX_LEVELS_INLINE: usize = 256;

fn fits(schema: &Schema, value: &Value) -> Result<(), Mismatch> {
    let whole = |message: &str| Mismatch {
        pointer: String::new(),
        message: message.to_owned(),
    };
    // The first question is answered fast, whatever the schema; only who fails asks why.
    match within(Budget::WHETHER, || schema.compiled.is_valid(value)) {
        Ok(true) => return Ok(()),
        Ok(false) => {}
        Err(Spent) => {
            return Err(whole(
                "to check it against the schema takes too long: give less at once, or use a schema with fewer alternatives",
            ));
        }
    }
    Err(places::find(schema, value).unwrap_or_else(|| {
        whole("it does not fit the schema; there is too much to compare to say where")
    }))
}

/// Values stand in messages, and may be as long as an input.
fn short(mut message: String) -> String {
    const MOST: usize = 1000;
    if message.len() > MOST {
        message.truncate(message.floor_char_boundary(MOST));
        message.push('…');
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn contract(input: Value) -> Result<Contract, ContractError> {
        Contract::new(&Manifest {
            name: "n".into(),
            version: semver::Version::new(1, 0, 0),
            description: "d".into(),
            input_schema: input,
            output_schema: json!(true),
            capabilities: Vec::new(),
            examples: Vec::new(),
            properties: crate::Properties::default(),
            budget: crate::CallBudget::default(),
        })
    }

    #[test]
    fn a_value_that_does_not_fit_says_where() {
        let contract = contract(json!({"type": "object", "properties": {"n": {"type": "integer", "minimum": 0}}, "required": ["n"]})).expect("a schema");
        assert_eq!(contract.check_input(&json!({"n": 0})), Ok(()));
        let mismatch = contract.check_input(&json!({"n": -1})).expect_err("below");
        assert_eq!(
            mismatch.to_string(),
            "at /n: -1 is less than the minimum of 0"
        );
        assert!(
            contract
                .check_input(&json!({}))
                .expect_err("missing")
                .to_string()
                .contains("required")
        );
    }

    #[test]
    fn schemas_that_are_none_or_reach_outside_are_refused() {
        for (schema, part) in [
            (json!({"type": "number-ish"}), "number-ish"),
            (json!({"type": 3}), "3"),
            (
                json!({"$ref": "https://example.com/x.json"}),
                "outside of it",
            ),
            (
                json!({"properties": {"a": {"$ref": "file:///etc/passwd"}}}),
                "outside of it",
            ),
            (json!({"pattern": "("}), "("),
            (json!(3), "3"),
        ] {
            let said = contract(schema.clone()).expect_err("no schema").to_string();
            assert!(
                said.starts_with("input_schema is no JSON Schema 2020-12") && said.contains(part),
                "{schema}: {said}"
            );
        }
        assert!(contract(json!({"$ref": "#/$defs/a", "$defs": {"a": {"type": "string"}}})).is_ok());
        assert!(contract(json!({"const": {"$ref": "x"}})).is_ok());
    }

    /// A schema that asks for twice as much at each of `levels` levels.
    fn doubling(levels: usize) -> Value {
        let mut definitions = serde_json::Map::new();
        for level in 0..levels {
            let next = json!({"$ref": format!("#/$defs/l{}", level + 1)});
            let both = json!({"allOf": [next, next, {"type": "object"}]});
            definitions.insert(format!("l{level}"), both);
        }
        definitions.insert(format!("l{levels}"), json!({"required": ["a"]}));
        json!({"$ref": "#/$defs/l0", "$defs": definitions})
    }

    #[test]
    fn schemas_that_refer_to_themselves_end() {
        let itself = contract(json!({"$ref": "#"})).expect("allowed, if of no use");
        assert_eq!(itself.check_input(&json!(1)), Ok(()));
        let ring = json!({"$ref": "#/$defs/a", "$defs": {"a": {"allOf": [{"$ref": "#/$defs/b"}]}, "b": {"$ref": "#/$defs/a"}}});
        let _ = contract(ring).expect("allowed").check_input(&json!({}));
        let tree = contract(json!({"type": "object", "properties": {"left": {"$ref": "#"}, "right": {"$ref": "#"}}, "additionalProperties": false})).expect("a tree");
        let mut value = json!({});
        for _ in 0..100 {
            value = json!({"left": value, "right": {}});
        }
        assert_eq!(tree.check_input(&value), Ok(()));
    }

    #[test]
    fn schemas_that_multiply_are_refused() {
        let contract = contract(doubling(10)).expect("some thousand parts");
        assert_eq!(contract.check_input(&json!({"a": 1})), Ok(()));
        assert!(contract.check_input(&json!({})).is_err());
        let refused = self::contract(doubling(40)).expect_err("2^40 parts");
        assert!(refused.message.contains("parts"), "{refused}");
    }

    #[test]
    fn the_longest_way_through_the_deepest_value_fits_the_stack() {
        let mut definitions = serde_json::Map::new();
        let last = shape::MAX_HEIGHT - 4;
        for link in 1..last {
            let next = json!({"$ref": format!("#/$defs/l{}", link + 1)});
            definitions.insert(format!("l{link}"), next);
        }
        let items = json!({"items": {"$ref": "#"}, "not": {"type": "string"}});
        definitions.insert(format!("l{last}"), items);
        let schema = json!({"$ref": "#/$defs/l1", "$defs": definitions});
        let contract = contract(schema).expect("at the edge");
        let nested =
            |inner: Value| (1..Contract::MAX_VALUE_DEPTH).fold(inner, |value, _| json!([value]));
        assert_eq!(contract.check_input(&nested(json!(1))), Ok(()));
        let mismatch = contract
            .check_input(&nested(json!("text")))
            .expect_err("a text");
        assert_eq!(
            mismatch.pointer.matches("/0").count(),
            Contract::MAX_VALUE_DEPTH - 1
        );
    }

    #[test]
    fn arrays_tried_in_two_ways_at_each_level_end_too() {
        let itself = json!({"$ref": "#"});
        let schema = json!({"anyOf": [{"type": "integer"}, {"type": "array", "items": {"anyOf": [itself, itself]}}]});
        let contract = contract(schema).expect("a schema");
        let nested =
            |inner: Value| (1..Contract::MAX_VALUE_DEPTH).fold(inner, |value, _| json!([value]));
        assert_eq!(contract.check_input(&nested(json!(1))), Ok(()));
        let mismatch = contract
            .check_input(&nested(json!("x")))
            .expect_err("a text");
        assert!(
            mismatch.message.contains("too much to compare"),
            "{mismatch}"
        );
        let shallow = contract.check_input(&json!([["x"]])).expect_err("a text");
        assert!(!shallow.message.contains("too much"), "{shallow}");
    }

    #[test]
    fn large_inputs_are_told_their_place() {
        let schema = json!({"type": "array", "items": {"type": "integer", "minimum": 0}});
        let contract = contract(schema).expect("a schema");
        let mut numbers = vec![json!(1); 250_000];
        assert_eq!(contract.check_input(&json!(numbers)), Ok(()));
        numbers[249_999] = json!(-1);
        let mismatch = contract.check_input(&json!(numbers)).expect_err("below");
        assert_eq!(mismatch.pointer, "/249999");
    }

    #[test]
    fn trees_tried_in_two_ways_at_each_level_end_too() {
        let branch = |op: &str| json!({"properties": {"op": {"const": op}, "of": {"$ref": "#"}}});
        let schema = json!({"type": "object", "oneOf": [branch("a"), branch("b")]});
        let contract = contract(schema).expect("a schema");
        let mut value = json!({"op": "a"});
        for _ in 0..100 {
            value = json!({"of": value, "op": "b"});
        }
        let _ = contract.check_input(&value);
        value["of"]["of"]["op"] = json!("c");
        assert!(contract.check_input(&value).is_err());
    }

    #[test]
    fn depth_and_size_at_their_edges() {
        let nested =
            |levels: usize| (1..levels).fold(json!(true), |inner, _| json!({"not": inner}));
        assert!(contract(nested(Contract::MAX_SCHEMA_DEPTH)).is_ok());
        assert!(contract(nested(Contract::MAX_SCHEMA_DEPTH + 1)).is_err());
        let sized = |bytes: usize| json!({"title": "x".repeat(bytes - r#"{"title":""}"#.len())});
        assert!(contract(sized(Contract::MAX_SCHEMA_BYTES)).is_ok());
        assert!(contract(sized(Contract::MAX_SCHEMA_BYTES + 1)).is_err());
        let any = contract(json!(true)).expect("a schema");
        let value = |levels: usize| (1..levels).fold(json!(0), |inner, _| json!([inner]));
        assert_eq!(any.check_input(&value(Contract::MAX_VALUE_DEPTH)), Ok(()));
        assert!(
            any.check_input(&value(Contract::MAX_VALUE_DEPTH + 1))
                .is_err()
        );
    }

    #[test]
    fn patterns_take_no_longer_than_their_subject() {
        let contract = contract(json!({"pattern": "^(a+)+$"})).expect("a pattern");
        assert!(
            contract
                .check_input(&json!("a".repeat(100_000) + "b"))
                .is_err()
        );
        let look = self::contract(json!({"pattern": "(?=a)b"})).expect_err("look-around");
        assert!(look.message.contains("without look-around"), "{look}");
        let large = self::contract(json!({"pattern": "(a{1000}){1000}"}));
        assert!(large.is_err(), "a pattern of a million states");
    }

    #[test]
    fn long_values_are_cut_in_messages() {
        let contract = contract(json!({"type": "integer"})).expect("a schema");
        let mismatch = contract
            .check_input(&json!("é".repeat(5000)))
            .expect_err("a text");
        assert!(mismatch.message.len() < 1100 && mismatch.message.ends_with('…'));
    }
}

//! Values at the edges of a schema, and one step outside of it.

use super::make::{count, kind, names, range, text};
use super::{Dice, Schema};
use serde_json::{Map, Value, json};

/// The longest text and array that are made on purpose.
const LONG: usize = 4096;
const MANY: usize = 300;

impl Schema {
    /// Values that fit and lie at an edge: ends of ranges, lengths, members of enumerations.
    pub(crate) fn edges(&self, schema: &Value, dice: &mut Dice) -> Vec<Value> {
        let Value::Object(object) = schema else {
            return Vec::new();
        };
        if let Some(Value::Array(values)) = object.get("enum") {
            return values.iter().take(16).cloned().collect();
        }
        match kind(object, dice) {
            Some("integer") => integers(object),
            Some("number") => {
                let bound = |keyword: &str| object.get(keyword).and_then(Value::as_f64);
                let least = bound("minimum").unwrap_or(f64::MIN);
                let most = bound("maximum").unwrap_or(f64::MAX);
                let tries = [
                    least,
                    most,
                    0.0,
                    -0.0,
                    0.1,
                    0.5,
                    1e-300,
                    5e-324,
                    1e300,
                    9_007_199_254_740_993.0,
                    f64::MAX,
                    f64::MIN,
                ];
                let fits = tries.into_iter().filter(|it| *it >= least && *it <= most);
                let mut values: Vec<Value> = fits.map(|it| json!(it)).collect();
                values.extend(integers(object));
                values
            }
            Some("string") if !object.contains_key("pattern") => strings(object, dice),
            Some("array") => {
                let least = count(object, "minItems").unwrap_or(0);
                let most = count(object, "maxItems").unwrap_or(MANY).min(MANY);
                let mut lengths = vec![least, least + 1, 2, most / 2, most];
                lengths.retain(|length| (least..=most).contains(length));
                lengths.dedup();
                let lengths = lengths.into_iter();
                let mut values: Vec<Value> = lengths
                    .map(|length| self.elements(object, length, dice, 3))
                    .collect();
                // The same element again and again.
                if let Some(Value::Array(elements)) = values.last()
                    && let Some(first) = elements.first()
                {
                    values.push(Value::Array(vec![first.clone(); most.clamp(least, 8)]));
                }
                values
            }
            Some("object") => {
                let required = names(object.get("required"));
                let properties = object.get("properties").and_then(Value::as_object);
                let build = |all: bool, dice: &mut Dice| {
                    let members = properties
                        .into_iter()
                        .flatten()
                        .filter(|(name, _)| all || required.contains(&name.as_str()));
                    Value::Object(
                        members
                            .map(|(name, below)| (name.clone(), self.value(below, dice, 3)))
                            .collect(),
                    )
                };
                vec![build(false, dice), build(true, dice)]
            }
            Some("boolean") => vec![json!(false), json!(true)],
            _ => Vec::new(),
        }
    }

    /// Values that one keyword of the schema forbids, and the rest of it allows.
    pub(crate) fn outside(
        &self,
        schema: &Value,
        value: Option<&Value>,
        dice: &mut Dice,
    ) -> Vec<Value> {
        let Value::Object(object) = schema else {
            return Vec::new();
        };
        let mut values = Vec::new();
        let other = [
            json!(null),
            json!("text"),
            json!(1),
            json!([]),
            json!({}),
            json!(true),
        ];
        match kind(object, dice) {
            Some("integer") => {
                values.push(json!(0.5));
                values.extend(beyond(object));
                values.push(json!("1"));
            }
            Some("number") => {
                values.extend(beyond(object));
                values.push(json!("1"));
            }
            Some("string") => {
                if let Some(most) = count(object, "maxLength").filter(|most| *most < LONG) {
                    values.push(json!("a".repeat(most + 1)));
                }
                if let Some(least) = count(object, "minLength").filter(|least| *least > 0) {
                    values.push(json!("a".repeat(least - 1)));
                }
                if object.contains_key("pattern") {
                    values.extend([json!("\u{1}"), json!("")]);
                }
                values.push(json!(1));
            }
            Some("array") => {
                if let Some(most) = count(object, "maxItems").filter(|most| *most < MANY) {
                    values.push(self.elements(object, most + 1, dice, 3));
                }
                if let Some(least) = count(object, "minItems").filter(|least| *least > 0) {
                    values.push(self.elements(object, least - 1, dice, 3));
                }
                if object.get("uniqueItems") == Some(&Value::Bool(true))
                    && let Some(Value::Array(elements)) = value
                    && let Some(first) = elements.first()
                {
                    values.push(json!([first, first]));
                }
                values.push(json!({}));
            }
            Some("object") => {
                let whole = value
                    .and_then(Value::as_object)
                    .cloned()
                    .unwrap_or_default();
                for name in names(object.get("required")) {
                    let mut without = whole.clone();
                    without.remove(name);
                    values.push(Value::Object(without));
                }
                if object.get("additionalProperties") == Some(&Value::Bool(false)) {
                    let mut more = whole;
                    more.insert("unknownMember".to_owned(), json!(1));
                    values.push(Value::Object(more));
                }
                values.push(json!([]));
            }
            _ => {}
        }
        if object.contains_key("enum") || object.contains_key("const") {
            values.push(json!("no member of it"));
        }
        if values.is_empty() {
            return values;
        }
        values.extend(other);
        values
    }
}

fn integers(schema: &Map<String, Value>) -> Vec<Value> {
    let (least, most) = range(schema);
    let tries = [
        least,
        least.saturating_add(1),
        most,
        most.saturating_sub(1),
        0,
        1,
        -1,
        2,
        10,
        255,
        256,
        65_535,
        65_536,
        i64::from(i32::MAX),
        i64::from(i32::MIN),
        i64::from(u32::MAX),
        1 << 53,
        i64::MAX,
        i64::MIN,
    ];
    let mut values: Vec<i64> = Vec::new();
    for value in tries {
        if (least..=most).contains(&value) && !values.contains(&value) {
            values.push(value);
        }
    }
    values.into_iter().map(|value| json!(value)).collect()
}

/// One step beyond each bound, and far beyond.
fn beyond(schema: &Map<String, Value>) -> Vec<Value> {
    let mut values = Vec::new();
    for (keyword, step) in [
        ("minimum", -1.0),
        ("maximum", 1.0),
        ("exclusiveMinimum", 0.0),
        ("exclusiveMaximum", 0.0),
    ] {
        let Some(bound) = schema.get(keyword) else {
            continue;
        };
        match (bound.as_i64(), bound.as_f64()) {
            #[allow(clippy::cast_possible_truncation, reason = "it is -1, 0 or 1")]
            (Some(bound), _) => values.push(json!(bound.saturating_add(step as i64))),
            (None, Some(bound)) => values.push(json!(bound + step)),
            (None, None) => {}
        }
    }
    if let Some(step) = schema.get("multipleOf").and_then(Value::as_f64) {
        values.push(json!(step / 2.0));
    }
    values
}

/// Texts that programs trip over, as far as the lengths allow.
fn strings(schema: &Map<String, Value>, dice: &mut Dice) -> Vec<Value> {
    let least = count(schema, "minLength").unwrap_or(0);
    let most = count(schema, "maxLength").unwrap_or(LONG).min(LONG);
    let mut texts: Vec<String> = [
        "",
        " ",
        "a",
        "0",
        "-1",
        "1e999",
        "null",
        "é",
        "ß",
        "İ",
        "ﬀ",
        "😀",
        "日本語",
        "e\u{301}",
        "\u{0}",
        "\n",
        "\r\n",
        "\t",
        "a\nb",
        "a,b",
        "\"",
        "\\",
        "'",
        "<a>",
        "%s%n",
        "../..",
        "{}",
        "[",
        "(",
        "\u{feff}",
        "\u{202e}abc",
        "\u{d7ff}",
        "𝕏𝕐",
    ]
    .map(str::to_owned)
    .to_vec();
    texts.push("a".repeat(least));
    texts.push("a".repeat(most));
    texts.push("é".repeat(most.min(300)));
    // What opens and never closes: whoever calls himself for each, does so as often.
    for opening in ["(", "[", "{", "<", "-", "!"] {
        texts.push(opening.repeat(most.min(3000)));
    }
    texts.push("a b\n".repeat(most.min(300) / 4));
    texts.push(text(dice, least, most.min(least + 60)));
    texts.retain(|text| (least..=most).contains(&text.chars().count()));
    texts.into_iter().map(Value::String).collect()
}

//! Values that fit a schema, as far as one can see.

use super::{DEEPEST, Dice, Schema, pattern};
use serde_json::{Map, Number, Value, json};

impl Schema {
    /// A value for the whole schema.
    pub(crate) fn make(&self, dice: &mut Dice) -> Value {
        self.value(&self.root, dice, 0)
    }

    /// A value for a part of it.
    pub(crate) fn value(&self, schema: &Value, dice: &mut Dice, depth: usize) -> Value {
        let schema = self.resolve(schema, dice);
        let Value::Object(object) = &schema else {
            return anything(dice, depth);
        };
        if let Some(value) = object.get("const") {
            return value.clone();
        }
        if let Some(Value::Array(values)) = object.get("enum")
            && let Some(value) = dice.pick(values)
        {
            return value.clone();
        }
        match kind(object, dice) {
            Some("object") => self.object(object, dice, depth),
            Some("array") => self.array(object, dice, depth),
            Some("string") => Value::String(string(object, dice)),
            Some("integer") => integer(object, dice),
            Some("number") => number(object, dice),
            Some("boolean") => Value::Bool(dice.chance(2)),
            Some("null") => Value::Null,
            _ => anything(dice, depth),
        }
    }

    fn object(&self, schema: &Map<String, Value>, dice: &mut Dice, depth: usize) -> Value {
        let mut made = Map::new();
        let required: Vec<&str> = names(schema.get("required"));
        let none = Map::new();
        let properties = schema
            .get("properties")
            .and_then(Value::as_object)
            .unwrap_or(&none);
        for (name, below) in properties {
            let needed = required.contains(&name.as_str());
            if needed || (depth < DEEPEST && !dice.chance(3)) {
                made.insert(name.clone(), self.value(below, dice, depth + 1));
            }
        }
        for name in required {
            if !made.contains_key(name) {
                made.insert(name.to_owned(), anything(dice, DEEPEST));
            }
        }
        // Maps have no names of their own.
        let additional = schema.get("additionalProperties");
        let patterns = schema.get("patternProperties").and_then(Value::as_object);
        let least = count(schema, "minProperties").unwrap_or(0);
        let is_map = properties.is_empty() || made.len() < least;
        if is_map && depth < DEEPEST && additional != Some(&Value::Bool(false))
            || patterns.is_some()
        {
            let any = Value::Bool(true);
            let wanted = dice.between(least, least.max(3));
            for _ in 0..wanted {
                let (name, below) = match patterns.and_then(|it| it.iter().next()) {
                    Some((expression, below)) => (
                        pattern::make(expression, dice).unwrap_or_else(|| text(dice, 0, 6)),
                        below,
                    ),
                    None => (text(dice, 0, 6), additional.unwrap_or(&any)),
                };
                made.insert(name, self.value(below, dice, depth + 1));
            }
        }
        Value::Object(made)
    }

    fn array(&self, schema: &Map<String, Value>, dice: &mut Dice, depth: usize) -> Value {
        let least = count(schema, "minItems").unwrap_or(0);
        let room = if depth >= DEEPEST { 0 } else { 4 };
        let most = count(schema, "maxItems").unwrap_or(least + room);
        let mut length = dice.between(least, most.min(least + room).max(least));
        if depth < 3 && dice.chance(12) {
            length = length.max(most.min(least + 20));
        }
        self.elements(schema, length.min(1000), dice, depth)
    }

    /// An array of this length.
    pub(super) fn elements(
        &self,
        schema: &Map<String, Value>,
        length: usize,
        dice: &mut Dice,
        depth: usize,
    ) -> Value {
        let any = Value::Bool(true);
        let prefix = schema.get("prefixItems").and_then(Value::as_array);
        let items = schema.get("items").unwrap_or(&any);
        let unique = schema.get("uniqueItems") == Some(&Value::Bool(true));
        let mut made: Vec<Value> = Vec::with_capacity(length);
        for index in 0..length {
            let below = prefix.and_then(|it| it.get(index)).unwrap_or(items);
            let mut element = self.value(below, dice, depth + 1);
            for _ in 0..8 {
                if !unique || !made.contains(&element) {
                    break;
                }
                element = self.value(below, dice, depth + 1);
            }
            made.push(element);
        }
        Value::Array(made)
    }
}

/// The type that a schema asks for, or that its keywords speak of.
pub(super) fn kind<'s>(schema: &'s Map<String, Value>, dice: &mut Dice) -> Option<&'s str> {
    match schema.get("type") {
        Some(Value::String(kind)) => return Some(kind),
        Some(Value::Array(kinds)) => return dice.pick(kinds).and_then(Value::as_str),
        _ => {}
    }
    let has = |names: &[&str]| names.iter().any(|name| schema.contains_key(*name));
    if has(&[
        "properties",
        "required",
        "additionalProperties",
        "minProperties",
    ]) {
        Some("object")
    } else if has(&[
        "items",
        "prefixItems",
        "minItems",
        "maxItems",
        "uniqueItems",
    ]) {
        Some("array")
    } else if has(&["minLength", "maxLength", "pattern", "format"]) {
        Some("string")
    } else if has(&[
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
    ]) {
        Some("number")
    } else {
        None
    }
}

pub(super) fn names(list: Option<&Value>) -> Vec<&str> {
    let list = list.and_then(Value::as_array);
    list.map(|list| list.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default()
}

pub(super) fn count(schema: &Map<String, Value>, keyword: &str) -> Option<usize> {
    usize::try_from(schema.get(keyword)?.as_u64()?).ok()
}

/// A value of any kind.
pub(super) fn anything(dice: &mut Dice, depth: usize) -> Value {
    match dice.below(if depth >= DEEPEST { 6 } else { 8 }) {
        0 => Value::Null,
        1 => Value::Bool(dice.chance(2)),
        2 => json!(dice.below(100)),
        3 => json!(-1.5),
        4 | 5 => Value::String(text(dice, 0, 8)),
        6 => Value::Array(
            (0..dice.below(4))
                .map(|_| anything(dice, depth + 2))
                .collect(),
        ),
        _ => {
            let number = dice.below(4);
            let mut members = Map::new();
            for _ in 0..number {
                let name = text(dice, 1, 5);
                members.insert(name, anything(dice, depth + 2));
            }
            Value::Object(members)
        }
    }
}

/// Pieces of texts: what programs that handle text trip over.
const PIECES: [&str; 30] = [
    "a", "b", "word", "Z", "0", "7", "-1", " ", "  ", "\n", "\r\n", "\t", ",", ";", ":", "\"",
    "\\", "/", "..", "#", "*", "|", "é", "ß", "İ", "日本", "😀", "e\u{301}", "\u{202e}", "\u{0}",
];

/// A text of so many characters.
pub(super) fn text(dice: &mut Dice, least: usize, most: usize) -> String {
    let length = dice.between(least, most);
    let mut made = String::new();
    let plain = dice.chance(2);
    let mut count = 0;
    while count < length {
        let piece = if plain {
            PIECES[dice.below(6)]
        } else {
            PIECES[dice.below(PIECES.len())]
        };
        let characters = piece.chars().take(length - count);
        let before = made.chars().count();
        made.extend(characters);
        count += made.chars().count() - before;
    }
    made
}

pub(super) fn string(schema: &Map<String, Value>, dice: &mut Dice) -> String {
    if let Some(Value::String(expression)) = schema.get("pattern")
        && let Some(made) = pattern::make(expression, dice)
    {
        return made;
    }
    if let Some(Value::String(format)) = schema.get("format")
        && let Some(made) = formatted(format, dice)
    {
        return made;
    }
    let least = count(schema, "minLength").unwrap_or(0);
    let most = count(schema, "maxLength")
        .unwrap_or(least + 24)
        .min(least + 200);
    let usual = most.min(least + 12).max(least);
    let longest = if dice.chance(8) { most } else { usual };
    text(dice, least, longest)
}

fn formatted(format: &str, dice: &mut Dice) -> Option<String> {
    let choices: &[&str] = match format {
        "date" => &[
            "2024-02-29",
            "1999-12-31",
            "2000-01-01",
            "0001-01-01",
            "9999-12-31",
            "2023-03-15",
        ],
        "date-time" => &[
            "2024-02-29T23:59:59Z",
            "1970-01-01T00:00:00+14:00",
            "2016-12-31T23:59:60Z",
        ],
        "time" => &["00:00:00Z", "23:59:59.999999Z", "12:30:00+05:45"],
        "email" => &[
            "a@b.c",
            "first.last+tag@example.org",
            "\"quoted\"@example.com",
        ],
        "uri" | "uri-reference" => &[
            "http://example.com/",
            "https://a.b/c?d=e#f",
            "urn:x:y",
            "file:///",
        ],
        "uuid" => &[
            "00000000-0000-0000-0000-000000000000",
            "123e4567-e89b-12d3-a456-426614174000",
        ],
        "ipv4" => &["0.0.0.0", "255.255.255.255", "192.168.1.1"],
        "ipv6" => &["::", "::1", "2001:db8::ff00:42:8329"],
        "hostname" => &["localhost", "a.b-c.example"],
        _ => return None,
    };
    dice.pick(choices).map(|it| (*it).to_owned())
}

/// The range of a whole number, both ends included.
pub(super) fn range(schema: &Map<String, Value>) -> (i64, i64) {
    let whole = |keyword: &str| {
        let bound = schema.get(keyword)?;
        #[allow(clippy::cast_possible_truncation, reason = "it saturates")]
        bound
            .as_i64()
            .or_else(|| bound.as_f64().map(|it| it.ceil() as i64))
    };
    let least =
        whole("minimum").or_else(|| whole("exclusiveMinimum").map(|it| it.saturating_add(1)));
    let most =
        whole("maximum").or_else(|| whole("exclusiveMaximum").map(|it| it.saturating_sub(1)));
    let unsigned = schema
        .get("format")
        .and_then(Value::as_str)
        .is_some_and(|it| it.starts_with("uint"));
    let least = least.unwrap_or(if unsigned { 0 } else { i64::MIN });
    (least, most.unwrap_or(i64::MAX).max(least))
}

fn integer(schema: &Map<String, Value>, dice: &mut Dice) -> Value {
    let (least, most) = range(schema);
    let near = |dice: &mut Dice| {
        let middle = 0.clamp(least, most);
        let step = i64::try_from(dice.below(64)).unwrap_or(0);
        if dice.chance(3) {
            middle.saturating_sub(step)
        } else {
            middle.saturating_add(step)
        }
    };
    let mut value = match dice.below(8) {
        0 => least,
        1 => most,
        2 => {
            #[allow(clippy::cast_possible_wrap, reason = "any number will do")]
            let any = dice.next() as i64 >> dice.below(60);
            any
        }
        _ => near(dice),
    };
    value = value.clamp(least, most);
    if let Some(step) = schema
        .get("multipleOf")
        .and_then(Value::as_i64)
        .filter(|it| *it > 0)
    {
        value = value.saturating_sub(value.rem_euclid(step));
        if value < least {
            value = value.saturating_add(step);
        }
    }
    json!(value)
}

fn number(schema: &Map<String, Value>, dice: &mut Dice) -> Value {
    let bound = |keyword: &str| schema.get(keyword).and_then(Value::as_f64);
    let least = bound("minimum")
        .or(bound("exclusiveMinimum"))
        .unwrap_or(-1e6);
    let most = bound("maximum")
        .or(bound("exclusiveMaximum"))
        .unwrap_or(least.max(0.0) + 1e6);
    if dice.chance(3) {
        return integer(schema, dice);
    }
    let share = f64::from(u32::try_from(dice.below(1 << 20)).unwrap_or(0)) / f64::from(1 << 20);
    let value = least + (most - least) * share;
    let value = if dice.chance(2) {
        (value * 8.0).round() / 8.0
    } else {
        value
    };
    Number::from_f64(value.clamp(least, most)).map_or(Value::Null, Value::Number)
}

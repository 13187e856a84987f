//! Inputs from a JSON Schema: valid ones, those at its edges, and those one step outside.
//!
//! Nothing here decides what is valid: each input is checked by the contract when it is run. A
//! keyword that is not known here costs inputs that are not what they were meant to be, and
//! nothing else.

mod dice;
mod edges;
mod formats;
mod make;
mod mutate;
mod pattern;
mod shrink;

pub(crate) use dice::Dice;
pub use formats::with_format_ranges;
pub(crate) use mutate::JsonMutator;
pub(crate) use shrink::Shrink;
pub use shrink::shrunk;

use libafl_bolts::rands::{Rand, StdRand};
use serde_json::{Map, Value};

/// A schema from which inputs are made.
pub(crate) struct Schema {
    root: Value,
}

/// How deep values are made.
const DEEPEST: usize = 8;

/// A place in a value: the way to it, and the schema that holds there.
pub(crate) struct Place {
    pub(crate) pointer: String,
    pub(crate) schema: Value,
}

/// Places of one value that are looked at.
const MOST_PLACES: usize = 64;

impl Schema {
    pub(crate) fn new(root: Value) -> Self {
        Self { root }
    }

    /// One that allows everything.
    pub(crate) fn any() -> Self {
        Self {
            root: Value::Bool(true),
        }
    }

    /// Follows references, picks one of the alternatives, and puts together what holds at once.
    pub(crate) fn resolve(&self, schema: &Value, dice: &mut Dice) -> Value {
        let mut schema = schema.clone();
        for _ in 0..DEEPEST {
            let Value::Object(object) = &mut schema else {
                break;
            };
            let mut parts = Vec::new();
            if let Some(Value::String(reference)) = object.remove("$ref") {
                parts.extend(self.target(&reference));
            }
            for keyword in ["oneOf", "anyOf"] {
                if let Some(Value::Array(mut choices)) = object.remove(keyword)
                    && !choices.is_empty()
                {
                    parts.push(choices.swap_remove(dice.below(choices.len())));
                }
            }
            if let Some(Value::Array(all)) = object.remove("allOf") {
                parts.extend(all);
            }
            if let Some(branch) = object.remove("then").filter(|_| dice.chance(2)) {
                parts.extend(object.remove("if"));
                parts.push(branch);
            }
            if parts.is_empty() {
                break;
            }
            for part in parts {
                if let Value::Object(part) = part {
                    merge(object, part);
                }
            }
        }
        schema
    }

    fn target(&self, reference: &str) -> Option<Value> {
        let pointer = reference.strip_prefix('#')?;
        self.root.pointer(pointer).cloned()
    }

    /// The places of a value, each with the schema that holds there.
    pub(crate) fn places(&self, value: &Value, dice: &mut Dice) -> Vec<Place> {
        let mut places = Vec::new();
        self.walk(value, &self.root, String::new(), dice, &mut places);
        places
    }

    fn walk(
        &self,
        value: &Value,
        schema: &Value,
        pointer: String,
        dice: &mut Dice,
        places: &mut Vec<Place>,
    ) {
        if places.len() >= MOST_PLACES {
            return;
        }
        let schema = self.resolve(schema, dice);
        let any = Value::Bool(true);
        match value {
            Value::Object(members) => {
                for (name, member) in members {
                    let below = schema
                        .pointer(&format!("/properties/{}", escaped(name)))
                        .or_else(|| schema.get("additionalProperties"))
                        .unwrap_or(&any);
                    let pointer = format!("{pointer}/{}", escaped(name));
                    self.walk(member, below, pointer, dice, places);
                }
            }
            Value::Array(elements) => {
                for (index, element) in elements.iter().enumerate() {
                    let below = schema
                        .pointer(&format!("/prefixItems/{index}"))
                        .or_else(|| schema.get("items"))
                        .unwrap_or(&any);
                    let pointer = format!("{pointer}/{index}");
                    self.walk(element, below, pointer, dice, places);
                }
            }
            _ => {}
        }
        places.push(Place { pointer, schema });
    }

    /// What a campaign begins with: valid inputs of all kinds, and at each of their places what
    /// lies at the edges of its schema, and one step outside.
    pub(crate) fn beginning(&self, rand: &mut impl Rand) -> Vec<Vec<u8>> {
        const MOST: usize = 600;
        let mut dice = Dice::new(rand.next());
        let mut made: Vec<Vec<u8>> = Vec::new();
        let mut add = |value: &Value| {
            let text = value.to_string().into_bytes();
            if made.len() < MOST && !made.contains(&text) {
                made.push(text);
            }
        };
        let bases: Vec<Value> = (0..6).map(|_| self.make(&mut dice)).collect();
        for base in &bases {
            add(base);
        }
        for base in bases.iter().take(3) {
            for place in self.places(base, &mut dice) {
                let edges = self.edges(&place.schema, &mut dice);
                let outside = self.outside(&place.schema, base.pointer(&place.pointer), &mut dice);
                for value in edges.into_iter().chain(outside) {
                    let mut changed = base.clone();
                    if let Some(there) = changed.pointer_mut(&place.pointer) {
                        *there = value;
                        add(&changed);
                    }
                }
            }
        }
        made
    }
}

/// Inputs that a campaign over this schema begins with: valid ones of all kinds, and at each of
/// their places values at the edges of its schema and one step outside, so some do not fit. The
/// same schema and seed give the same inputs.
pub fn boundary_inputs(schema: &Value, seed: u64) -> Vec<Value> {
    let texts = Schema::new(schema.clone()).beginning(&mut StdRand::with_seed(seed));
    let values = texts.iter().map(|text| serde_json::from_slice(text));
    values.filter_map(Result::ok).collect()
}

/// So many inputs made from a schema, most of which fit. The same schema and seed give the same.
pub fn made_inputs(schema: &Value, seed: u64, count: usize) -> Vec<Value> {
    let schema = Schema::new(schema.clone());
    let mut dice = Dice::new(seed);
    (0..count).map(|_| schema.make(&mut dice)).collect()
}

/// Puts what a part says beside what is said already; of lists of names both are kept.
fn merge(into: &mut Map<String, Value>, part: Map<String, Value>) {
    for (keyword, value) in part {
        match (into.get_mut(&keyword), value) {
            (Some(Value::Object(had)), Value::Object(more)) => {
                for (name, value) in more {
                    had.entry(name).or_insert(value);
                }
            }
            (Some(Value::Array(had)), Value::Array(more)) if keyword == "required" => {
                had.extend(more);
            }
            (Some(_), _) => {}
            (None, value) => {
                into.insert(keyword, value);
            }
        }
    }
}

fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// Turns each array around; tells whether that changed anything.
pub(crate) fn reverse_arrays(value: &mut Value) -> bool {
    match value {
        Value::Array(elements) => {
            let before = elements.clone();
            let below = elements
                .iter_mut()
                .fold(false, |any, it| reverse_arrays(it) | any);
            elements.reverse();
            below || *elements != before
        }
        Value::Object(members) => members
            .values_mut()
            .fold(false, |any, it| reverse_arrays(it) | any),
        _ => false,
    }
}

#[cfg(test)]
mod tests;

//! An end to every check, whatever the schema and the value.
//!
//! A schema may send a value's parts through the same alternatives again at each level, which
//! takes twice as long for each level more; and one of many parts may meet a value of many. No
//! measure of the two tells beforehand what a check will cost. So each part of a schema gets a
//! keyword of ours, which costs something whenever the part is looked at; when the budget of
//! the check is spent, the keyword leaves the library by unwinding.

use serde_json::{Map, Value};
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// The name of the keyword; a schema's own use of it is overwritten.
const KEYWORD: &str = "$wasm-runner-toll";

/// What one check may cost.
#[derive(Clone, Copy)]
pub(super) struct Budget {
    units: u64,
    /// Whether a look costs more for a larger value, because an error may hold a copy of it.
    copies: bool,
}

impl Budget {
    /// For the question whether a value fits: a unit for each look at a part of the schema, and
    /// for each [`BYTES_A_UNIT`] of a text. A second at the most; some milliseconds for a
    /// megabyte of input and a usual schema.
    pub(super) const WHETHER: Self = Self {
        units: 5_000_000,
        copies: false,
    };
    /// For the question where it does not.
    pub(super) const WHERE: Self = Self {
        units: 1_000_000,
        copies: true,
    };
    /// The same for a schema that refers to itself: what fails in an alternative is copied once
    /// more at each level above it.
    pub(super) const WHERE_RECURSIVE: Self = Self {
        units: 20_000,
        copies: true,
    };
}

const BYTES_A_UNIT: usize = 64;
const VALUES_A_UNIT: usize = 8;

/// The budget was not enough.
#[derive(Debug)]
pub(super) struct Spent;

thread_local! {
    static LEFT: Cell<Budget> = const { Cell::new(Budget { units: 0, copies: false }) };
}

/// Does a check that may come to no end of its own.
pub(super) fn within<T>(budget: Budget, check: impl FnOnce() -> T) -> Result<T, Spent> {
    LEFT.set(budget);
    // The library only reads the schema, and what it made for this check goes with it.
    catch_unwind(AssertUnwindSafe(check)).map_err(|panic| match panic.downcast::<Spent>() {
        Ok(spent) => *spent,
        Err(panic) => resume_unwind(panic),
    })
}

struct Toll;

impl<'i> jsonschema::Keyword<'i> for Toll {
    fn validate(&self, instance: &'i Value) -> Result<(), jsonschema::ValidationError<'i>> {
        pay(instance);
        Ok(())
    }

    fn is_valid(&self, instance: &'i Value) -> bool {
        pay(instance);
        true
    }
}

fn pay(instance: &Value) {
    let Budget { units, copies } = LEFT.get();
    let cost = if copies {
        1 + count(instance) / VALUES_A_UNIT
    } else {
        1
    };
    let text = instance
        .as_str()
        .map_or(0, |text| text.len() / BYTES_A_UNIT);
    match units.checked_sub((cost + text) as u64) {
        Some(units) => LEFT.set(Budget { units, copies }),
        // Not by `panic!`, which would tell people of it.
        None => resume_unwind(Box::new(Spent)),
    }
}

/// The values in a value, itself included, and its texts by their length.
fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(values) => values.iter().map(count).sum(),
        Value::Object(object) => object.values().map(count).sum(),
        Value::String(text) => text.len() / BYTES_A_UNIT,
        _ => 0,
    }
}

/// The options with our keyword known.
pub(super) fn with_toll(
    options: jsonschema::ValidationOptions<'_>,
) -> jsonschema::ValidationOptions<'_> {
    options.with_keyword(KEYWORD, |_, _, _| Ok(Box::new(Toll)))
}

/// Adds the keyword to each part of a schema.
pub(super) fn add_toll(schema: &mut Value) {
    match schema {
        Value::Object(keywords) => {
            for (keyword, value) in keywords.iter_mut() {
                match value {
                    _ if super::shape::is_data(keyword) => {}
                    Value::Object(named) if super::shape::is_named(keyword) => {
                        named.values_mut().for_each(add_toll);
                    }
                    value => add_toll(value),
                }
            }
            // First, for the library goes through them in order.
            let others = std::mem::replace(keywords, Map::new());
            keywords.insert(KEYWORD.to_owned(), Value::Bool(true));
            keywords.extend(others.into_iter().filter(|(keyword, _)| keyword != KEYWORD));
        }
        Value::Array(parts) => parts.iter_mut().for_each(add_toll),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_part_of_a_schema_takes_toll_and_nothing_else_does() {
        let mut schema = json!({
            "properties": {"const": {"type": "string"}, "b": true},
            "allOf": [{"const": {"type": "string"}}],
        });
        add_toll(&mut schema);
        let toll = || Value::Bool(true);
        let expected = json!({
            KEYWORD: toll(),
            "properties": {"const": {KEYWORD: toll(), "type": "string"}, "b": true},
            "allOf": [{KEYWORD: toll(), "const": {"type": "string"}}],
        });
        assert_eq!(schema, expected);
    }

    #[test]
    fn a_budget_ends_exactly_when_it_is_spent() {
        let looks = |budget: Budget, value: &Value, count: u64| {
            within(budget, || (0..count).for_each(|_| pay(value))).is_ok()
        };
        let text = Value::String("x".repeat(BYTES_A_UNIT));
        let list = json!([0, 0, 0, 0, 0, 0, 0]);
        for (budget, value, cost) in [
            (Budget::WHETHER, &Value::Null, 1),
            (Budget::WHETHER, &list, 1),
            (Budget::WHETHER, &text, 2),
            (Budget::WHERE, &Value::Null, 1),
            (Budget::WHERE, &list, 2),
            (Budget::WHERE_RECURSIVE, &text, 2),
        ] {
            assert!(looks(budget, value, budget.units / cost), "{value}");
            assert!(!looks(budget, value, budget.units / cost + 1), "{value}");
        }
    }

    #[test]
    fn other_panics_go_on() {
        let result = std::panic::catch_unwind(|| {
            within(Budget::WHERE, || resume_unwind(Box::new("x"))).is_ok()
        });
        assert!(result.is_err());
    }
}

//! For the tests of a tool: relations that hold between its answers, whatever the answers are.
//!
//! Where nobody can say what the right answer is, one can often say how it changes with the
//! input: the sum of a list does not depend on its order, and twice the amounts are twice the
//! total. A [`Relation`] says such a thing and tries it on each of its inputs.
//!
//! ```
//! use wasm_runner_sdk::prelude::*;
//! use wasm_runner_sdk::testing::{Relation, json};
//!
//! #[derive(Deserialize, JsonSchema)]
//! struct Input {
//!     amounts: Vec<i64>,
//! }
//!
//! #[derive(Debug, PartialEq, Serialize, JsonSchema)]
//! struct Output {
//!     total: i64,
//! }
//!
//! fn total(input: Input) -> Result<Output, ToolError> {
//!     Ok(Output { total: input.amounts.iter().sum() })
//! }
//!
//! // In the tests:
//! let inputs = [json!({"amounts": [3, 1, 2]}), json!({"amounts": [5, 5]})];
//! Relation::new("the order does not matter")
//!     .on(inputs.clone())
//!     .reordering("/amounts")
//!     .holds_for(total, |before, after| before == after);
//! Relation::new("one more amount is that much more")
//!     .on(inputs)
//!     .changing(|input| input["amounts"].as_array_mut().expect("a list").push(json!(7)))
//!     .holds_for(total, |before, after| after.total == before.total + 7);
//! ```

use crate::ToolError;
pub use serde_json::{Value, json};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A change to an input, as JSON.
type Change = Box<dyn Fn(&mut Value)>;

/// A relation between what a tool gives for an input and for the same input changed.
pub struct Relation {
    name: String,
    inputs: Vec<Value>,
    changes: Vec<Change>,
}

impl Relation {
    /// A relation with a name that says what holds; the name stands in the message of a test
    /// that fails.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            inputs: Vec::new(),
            changes: Vec::new(),
        }
    }

    /// The inputs that it is tried on, as JSON: those of the tool's examples, say, and such as lie
    /// at the edges. The tool must answer each of them.
    #[must_use]
    pub fn on(mut self, inputs: impl IntoIterator<Item = Value>) -> Self {
        self.inputs.extend(inputs);
        self
    }

    /// A change to the input. Of several, each is tried by itself.
    #[must_use]
    pub fn changing(mut self, change: impl Fn(&mut Value) + 'static) -> Self {
        self.changes.push(Box::new(change));
        self
    }

    /// Other orders of the list at a place of the input (a JSON pointer such as `/amounts`; empty
    /// for the whole): turned around, moved on by one, and two shuffled ones, the same each time.
    #[must_use]
    pub fn reordering(mut self, pointer: &str) -> Self {
        let orders: [fn(&mut Vec<Value>); 4] = [
            |list| list.reverse(),
            |list| {
                let by = usize::from(!list.is_empty());
                list.rotate_left(by);
            },
            |list| shuffle(list, 1),
            |list| shuffle(list, 2),
        ];
        for order in orders {
            let pointer = pointer.to_owned();
            self = self.changing(move |input| {
                if let Some(Value::Array(list)) = input.pointer_mut(&pointer) {
                    order(list);
                }
            });
        }
        self
    }

    /// Calls the tool with each input as it is and changed, and asks whether the relation holds
    /// between the two answers, the one for the input as it is first.
    ///
    /// # Panics
    /// Where it does not hold, with both inputs and answers; where the tool refuses an input or a
    /// changed one; and where nothing was tried, because there are no inputs or no change changes
    /// one of them: such a test would pass whatever the tool does.
    pub fn holds_for<I, O>(
        self,
        tool: impl Fn(I) -> Result<O, ToolError>,
        holds: impl Fn(&O, &O) -> bool,
    ) where
        I: DeserializeOwned,
        O: Serialize,
    {
        let name = &self.name;
        let answer = |input: &Value| -> O {
            let typed = serde_json::from_value(input.clone())
                .unwrap_or_else(|error| panic!("{name}: {input} is no input of the tool: {error}"));
            tool(typed).unwrap_or_else(|error| panic!("{name}: the tool refuses {input}: {error}"))
        };
        let mut tried = false;
        for input in &self.inputs {
            let before = answer(input);
            for change in &self.changes {
                let mut changed = input.clone();
                change(&mut changed);
                if changed == *input {
                    continue;
                }
                tried = true;
                let after = answer(&changed);
                assert!(
                    holds(&before, &after),
                    "{name}: this does not hold between\n  {input}\n    which gives {}\n  {changed}\n    which gives {}",
                    shown(&before),
                    shown(&after)
                );
            }
        }
        assert!(
            tried,
            "{name}: nothing was tried: give inputs, and a change that changes at least one of them"
        );
    }
}

/// An answer, as the tool's caller sees it.
fn shown(output: &impl Serialize) -> String {
    serde_json::to_string(output).unwrap_or_else(|error| format!("(no JSON: {error})"))
}

/// Another order, the same for the same seed: Fisher and Yates' with `SplitMix64`.
fn shuffle(list: &mut [Value], seed: u64) {
    let mut state = seed;
    for end in (1..list.len()).rev() {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut number = state;
        number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        number ^= number >> 31;
        let other = usize::try_from(number % (end as u64 + 1)).unwrap_or(0);
        list.swap(end, other);
    }
}

#[cfg(test)]
#[allow(
    clippy::needless_pass_by_value,
    clippy::unnecessary_wraps,
    reason = "they have the form of a tool's function"
)]
mod tests {
    use super::*;

    fn sum(numbers: Vec<i64>) -> Result<i64, ToolError> {
        Ok(numbers.iter().sum())
    }

    fn first(numbers: Vec<i64>) -> Result<i64, ToolError> {
        let missing = || ToolError::new("empty", "there is no first number");
        numbers.first().copied().ok_or_else(missing)
    }

    fn said(test: impl FnOnce() + std::panic::UnwindSafe) -> String {
        let panic = std::panic::catch_unwind(test).expect_err("it does not hold");
        *panic.downcast::<String>().expect("a text")
    }

    #[test]
    fn what_holds_passes() {
        Relation::new("the order does not matter")
            .on([json!([1, 2, 3]), json!([]), json!([7])])
            .reordering("")
            .holds_for(sum, |before, after| before == after);
        Relation::new("one more is one more")
            .on([json!([]), json!([5])])
            .changing(|input| input.as_array_mut().expect("a list").push(json!(1)))
            .holds_for(sum, |before, after| after - before == 1);
    }

    #[test]
    fn what_does_not_hold_is_told_with_both_inputs_and_answers() {
        let text = said(|| {
            Relation::new("the order does not matter")
                .on([json!([1, 2])])
                .reordering("")
                .holds_for(first, |before, after| before == after);
        });
        for part in [
            "the order does not matter",
            "[1,2]",
            "gives 1",
            "[2,1]",
            "gives 2",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }

    #[test]
    fn a_relation_that_tries_nothing_fails() {
        for inputs in [vec![], vec![json!([])], vec![json!([3])]] {
            let text = said(move || {
                Relation::new("r")
                    .on(inputs)
                    .reordering("/missing")
                    .holds_for(sum, |_, _| true);
            });
            assert!(text.contains("nothing was tried"), "{text}");
        }
    }

    #[test]
    fn an_input_that_is_refused_or_none_is_told() {
        let empty = || {
            Relation::new("r")
                .on([json!([])])
                .changing(|input| *input = json!([1]))
                .holds_for(first, |_, _| true);
        };
        assert!(said(empty).contains("the tool refuses []"));
        let wrong = || {
            Relation::new("r")
                .on([json!(["a"])])
                .reordering("")
                .holds_for(first, |_, _| true);
        };
        assert!(said(wrong).contains("is no input of the tool"));
    }

    #[test]
    fn a_shuffle_keeps_all_and_is_the_same_each_time() {
        let list: Vec<Value> = (0..50).map(Value::from).collect();
        let shuffled = |seed| {
            let mut list = list.clone();
            shuffle(&mut list, seed);
            list
        };
        assert_eq!(shuffled(1), shuffled(1));
        assert_ne!(shuffled(1), shuffled(2));
        let mut sorted = shuffled(1);
        sorted.sort_by_key(Value::as_i64);
        assert_eq!(sorted, list);
    }
}

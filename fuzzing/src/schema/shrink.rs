//! Makes a JSON value smaller at one place; of what is no JSON it takes a piece away.

use super::Dice;
use libafl::Error;
use libafl::corpus::CorpusId;
use libafl::inputs::{BytesInput, HasMutatorBytes};
use libafl::mutators::{MutationResult, Mutator};
use libafl::state::HasRand;
use libafl_bolts::Named;
use libafl_bolts::rands::Rand;
use serde_json::{Value, json};
use std::borrow::Cow;

/// Makes an input smaller at one place.
#[derive(Debug, Default)]
pub(crate) struct Shrink;

impl Named for Shrink {
    fn name(&self) -> &Cow<'static, str> {
        static NAME: Cow<'static, str> = Cow::Borrowed("shrink");
        &NAME
    }
}

fn pointers(value: &Value, pointer: String, all: &mut Vec<String>) {
    match value {
        Value::Array(elements) => {
            for (index, element) in elements.iter().enumerate() {
                pointers(element, format!("{pointer}/{index}"), all);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                let name = name.replace('~', "~0").replace('/', "~1");
                pointers(member, format!("{pointer}/{name}"), all);
            }
        }
        _ => {}
    }
    all.push(pointer);
}

/// Takes something away from a value.
fn shrink(value: &mut Value, dice: &mut Dice) {
    match value {
        Value::Null => {}
        Value::Bool(_) => *value = Value::Null,
        Value::Number(number) => {
            *value = match (dice.below(3), number.as_i64()) {
                (0, _) | (_, None) => json!(0),
                (1, Some(number)) => json!(number / 2),
                (_, Some(number)) => json!(number / 10),
            };
        }
        Value::String(text) => {
            let mut characters: Vec<char> = text.chars().collect();
            let at = dice.below(characters.len());
            match dice.below(5) {
                0 => characters.clear(),
                1 => characters.truncate(characters.len() / 2),
                2 => {
                    characters.drain(..characters.len() / 2);
                }
                3 => characters = characters.into_iter().filter(char::is_ascii).collect(),
                _ => {
                    let end = (at + (1 << dice.below(7))).min(characters.len());
                    characters.drain(at.min(end)..end);
                }
            }
            *text = characters.into_iter().collect();
        }
        Value::Array(elements) => {
            let (at, half) = (dice.below(elements.len()), elements.len() / 2);
            match dice.below(5) {
                0 => elements.clear(),
                1 => elements.truncate(half),
                2 => {
                    elements.drain(..half);
                }
                _ => {
                    let end = (at + (1 << dice.below(5))).min(elements.len());
                    elements.drain(at.min(end)..end);
                }
            }
        }
        Value::Object(members) => {
            let keys: Vec<String> = members.keys().cloned().collect();
            if let Some(key) = dice.pick(&keys) {
                members.shift_remove(key);
            }
        }
    }
}

/// The value made smaller at one place, which the seed chooses; now and then it stays the same.
#[must_use]
pub fn shrunk(value: &Value, seed: u64) -> Value {
    let mut dice = Dice::new(seed);
    let mut smaller = value.clone();
    shrink_somewhere(&mut smaller, &mut dice);
    smaller
}

fn shrink_somewhere(value: &mut Value, dice: &mut Dice) {
    let mut all = Vec::new();
    pointers(value, String::new(), &mut all);
    if let Some(there) = dice.pick(&all).and_then(|it| value.pointer_mut(it)) {
        shrink(there, dice);
    }
}

impl<S: HasRand> Mutator<BytesInput, S> for Shrink {
    fn mutate(&mut self, state: &mut S, input: &mut BytesInput) -> Result<MutationResult, Error> {
        let mut dice = Dice::new(state.rand_mut().next());
        let bytes = input.mutator_bytes();
        let made = if let Ok(mut value) = serde_json::from_slice::<Value>(bytes) {
            shrink_somewhere(&mut value, &mut dice);
            value.to_string().into_bytes()
        } else {
            let mut bytes = bytes.to_vec();
            let at = dice.below(bytes.len());
            let length = match dice.below(3) {
                0 => 1,
                1 => 1 + dice.below(8),
                _ => 1 + dice.below(bytes.len()),
            };
            bytes.drain(at..(at + length).min(bytes.len()));
            bytes
        };
        *input = BytesInput::new(made);
        // Also where nothing changed: whoever asks counts the tries.
        Ok(MutationResult::Mutated)
    }

    fn post_exec(&mut self, _state: &mut S, _new: Option<CorpusId>) -> Result<(), Error> {
        Ok(())
    }
}

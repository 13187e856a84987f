//! Mutations that leave JSON well-formed.

use super::{Dice, Place, Schema, make};
use libafl::corpus::{Corpus as _, CorpusId};
use libafl::inputs::{BytesInput, HasMutatorBytes};
use libafl::mutators::{MutationResult, Mutator, Tokens};
use libafl::random_corpus_id;
use libafl::state::{HasCorpus, HasMaxSize, HasRand};
use libafl::{Error, HasMetadata};
use libafl_bolts::rands::Rand;
use libafl_bolts::{Named, impl_serdeany};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::borrow::Cow;
use std::rc::Rc;

/// Changes a JSON value at a few of its places, by its schema and against it.
pub(crate) struct JsonMutator {
    schema: Rc<Schema>,
}

impl JsonMutator {
    pub(crate) fn new(schema: Rc<Schema>) -> Self {
        Self { schema }
    }

    fn change(&self, value: &mut Value, dice: &mut Dice, other: Option<&Value>, words: &Words<'_>) {
        let places = self.schema.places(value, dice);
        let Some(place) = dice.pick(&places) else {
            return;
        };
        let there = value.pointer(&place.pointer).cloned();
        let Some(there) = there else { return };
        let changed = match dice.below(16) {
            0..=2 => self.schema.value(&place.schema, dice, 2),
            3 | 4 => {
                let edges = self.schema.edges(&place.schema, dice);
                match dice.pick(&edges) {
                    Some(edge) => edge.clone(),
                    None => return,
                }
            }
            5 => {
                let outside = self.schema.outside(&place.schema, Some(&there), dice);
                match dice.pick(&outside) {
                    Some(one) => one.clone(),
                    None => return,
                }
            }
            6 | 7 => match splice(&there, other, self, place, dice) {
                Some(spliced) => spliced,
                None => return,
            },
            _ => self.tweak(there, place, dice, words),
        };
        if let Some(there) = value.pointer_mut(&place.pointer) {
            *there = changed;
        }
    }

    /// Changes a value a little.
    fn tweak(&self, value: Value, place: &Place, dice: &mut Dice, words: &Words<'_>) -> Value {
        match value {
            Value::Null | Value::Bool(_) => self.schema.value(&place.schema, dice, 3),
            Value::Number(number) => match (number.as_i64(), number.as_f64()) {
                (Some(number), _) => {
                    let step = 1_i64 << dice.below(20);
                    json!(match dice.below(6) {
                        0 => number.saturating_add(1),
                        1 => number.saturating_sub(1),
                        2 => number.saturating_add(step),
                        3 => number.saturating_sub(step),
                        4 => number.saturating_mul(2),
                        _ => number.wrapping_neg(),
                    })
                }
                (None, Some(number)) => {
                    let number = match dice.below(5) {
                        0 => number * 2.0,
                        1 => number / 3.0,
                        2 => -number,
                        3 => number.round(),
                        _ => number + 0.1,
                    };
                    json!(number)
                }
                (None, None) => json!(0),
            },
            Value::String(text) => Value::String(tweak_text(&text, dice, words)),
            Value::Array(mut elements) => {
                let at = dice.below(elements.len());
                let to = dice.below(elements.len());
                match dice.below(6) {
                    0 if !elements.is_empty() => {
                        elements.remove(at);
                    }
                    1 if !elements.is_empty() => {
                        let copy = elements[at].clone();
                        elements.insert(to, copy);
                    }
                    2 if !elements.is_empty() => elements.swap(at, to),
                    3 if !elements.is_empty() && elements.len() < 512 => {
                        let copy = elements.clone();
                        elements.extend(copy);
                    }
                    4 => elements.truncate(at),
                    _ => {
                        let items = place.schema.get("items").cloned().unwrap_or(json!(true));
                        let made = self.schema.value(&items, dice, 3);
                        elements.insert(at, made);
                    }
                }
                Value::Array(elements)
            }
            Value::Object(mut members) => {
                let keys: Vec<String> = members.keys().cloned().collect();
                match (dice.pick(&keys), dice.below(4)) {
                    (Some(key), 0) => {
                        members.shift_remove(key);
                    }
                    (Some(key), 1) => {
                        if let (Some(other), Some(value)) = (dice.pick(&keys), members.get(key)) {
                            let value = value.clone();
                            members.insert(other.clone(), value);
                        }
                    }
                    _ => return self.schema.value(&place.schema, dice, 2),
                }
                Value::Object(members)
            }
        }
    }
}

/// A value of the same kind from another input of the corpus.
fn splice(
    there: &Value,
    other: Option<&Value>,
    mutator: &JsonMutator,
    place: &Place,
    dice: &mut Dice,
) -> Option<Value> {
    let other = other?;
    let places = mutator.schema.places(other, dice);
    let mut fitting: Vec<&Value> = places
        .iter()
        .filter_map(|it| other.pointer(&it.pointer))
        .filter(|it| std::mem::discriminant(*it) == std::mem::discriminant(there))
        .collect();
    // The very same place first, now and then.
    if dice.chance(3)
        && let Some(same) = other.pointer(&place.pointer)
    {
        fitting = vec![same];
    }
    dice.pick(&fitting).map(|it| (*it).clone())
}

fn tweak_text(text: &str, dice: &mut Dice, words: &Words<'_>) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    let at = dice.below(characters.len() + 1);
    let end = (at + 1 + dice.below(4)).min(characters.len());
    match dice.below(12) {
        // What a small language is made of: one word for another.
        10 | 11 => return replace_word(&characters, dice, words),
        // Again and again: what is nested, and what is looked through once for each.
        9 if at < end => {
            let piece: Vec<char> = characters[at..end].to_vec();
            let times = (1 << dice.below(10)).min(3000 / piece.len());
            let rest = characters.split_off(end);
            for _ in 0..times {
                characters.extend(&piece);
            }
            characters.extend(rest);
        }
        0 if at < end => {
            characters.drain(at..end);
        }
        1 if at < end => {
            let copy: Vec<char> = characters[at..end].to_vec();
            for (offset, character) in copy.into_iter().enumerate() {
                characters.insert(at + offset, character);
            }
        }
        2 if characters.len() < 4096 => {
            let copy = characters.clone();
            characters.extend(copy);
        }
        3 if at < characters.len() => {
            let near = u32::from(characters[at]) ^ (1 << dice.below(7));
            characters[at] = char::from_u32(near).unwrap_or('?');
        }
        4 => characters.truncate(at),
        5 | 6 => {
            if let Some(word) = words.pick(dice) {
                if dice.chance(4) {
                    return word;
                }
                let rest = characters.split_off(at);
                // On its own, as often as not.
                let between = dice.chance(2).then(|| separator(text, dice));
                characters.extend(between);
                characters.extend(word.chars());
                characters.extend(between);
                characters.extend(rest);
            }
        }
        _ => {
            let piece = make::text(dice, 1, 3);
            let rest = characters.split_off(at);
            characters.extend(piece.chars());
            characters.extend(rest);
        }
    }
    characters.into_iter().collect()
}

/// The words of functions that were reached.
#[allow(
    clippy::unsafe_derive_deserialize,
    reason = "the unsafe methods are those of LibAFL's registry of types, and touch no field"
)]
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Near {
    pub(crate) words: Vec<Vec<u8>>,
}

impl_serdeany!(Near);

/// Words that a text is changed by.
struct Words<'w> {
    near: &'w [Vec<u8>],
    /// The dictionary: first the module's own, last those that inputs were compared with.
    learned: &'w [Vec<u8>],
    /// The short texts and the names in the same input: what refers to each other does so by them.
    own: Vec<String>,
}

impl<'w> Words<'w> {
    fn of(value: &Value, near: &'w [Vec<u8>], learned: &'w [Vec<u8>]) -> Self {
        let mut own = Vec::new();
        gather(value, &mut own);
        Self { near, learned, own }
    }

    fn pick(&self, dice: &mut Dice) -> Option<String> {
        const FIRST: usize = 128;
        const LATEST: usize = 64;
        let learned = self.learned;
        let from = match dice.below(4) {
            0 if !self.own.is_empty() => return dice.pick(&self.own).cloned(),
            0 | 1 if !self.near.is_empty() => self.near,
            0 | 1 => &learned[..learned.len().min(FIRST)],
            2 => &learned[learned.len().saturating_sub(LATEST)..],
            _ => learned,
        };
        let word = dice.pick(from)?;
        Some(String::from_utf8_lossy(word).into_owned())
    }
}

fn gather(value: &Value, own: &mut Vec<String>) {
    const MOST: usize = 32;
    const LONGEST: usize = 24;
    let add = |text: &str, own: &mut Vec<String>| {
        let fits = (1..=LONGEST).contains(&text.len()) && own.len() < MOST;
        if fits && !own.iter().any(|had| had == text) {
            own.push(text.to_owned());
        }
    };
    match value {
        Value::String(text) => add(text, own),
        Value::Object(members) => {
            for (name, member) in members {
                add(name, own);
                gather(member, own);
            }
        }
        Value::Array(elements) => elements.iter().for_each(|it| gather(it, own)),
        _ => {}
    }
}

/// What stands between the words of a text.
fn separator(text: &str, dice: &mut Dice) -> char {
    let signs: Vec<char> = text
        .chars()
        .filter(|c| !c.is_alphanumeric())
        .take(64)
        .collect();
    dice.pick(&signs).copied().unwrap_or(' ')
}

/// Puts a word of the dictionary, another one of the text, or a small number in the place of a
/// word of the text.
fn replace_word(characters: &[char], dice: &mut Dice, words: &Words<'_>) -> String {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let mut places: Vec<(usize, usize)> = Vec::new();
    let mut start = None;
    for (index, c) in characters.iter().copied().chain([' ']).enumerate() {
        match (start, is_part(c)) {
            (None, true) => start = Some(index),
            (Some(from), false) => {
                places.push((from, index));
                start = None;
            }
            _ => {}
        }
    }
    let Some((from, to)) = dice.pick(&places).copied() else {
        return words.pick(dice).unwrap_or_default();
    };
    let new: Vec<char> = match dice.below(4) {
        0 => match dice.pick(&places) {
            Some((from, to)) => characters[*from..*to].to_vec(),
            None => Vec::new(),
        },
        // As many digits as there were: what is of a fixed width stays so.
        1 => {
            let digits = to - from;
            let edges = ["0", "1", "10", "65536", "2147483648", "4294967295"];
            let number = match dice.below(3) {
                0 => "9".repeat(digits),
                1 => "9".repeat(1 + dice.below(19)),
                _ => dice.pick(&edges).copied().unwrap_or("0").to_owned(),
            };
            format!("{number:0>digits$}").chars().collect()
        }
        _ => words.pick(dice).unwrap_or_default().chars().collect(),
    };
    let (head, tail) = (&characters[..from], &characters[to..]);
    head.iter().chain(&new).chain(tail).collect()
}

impl Named for JsonMutator {
    fn name(&self) -> &Cow<'static, str> {
        static NAME: Cow<'static, str> = Cow::Borrowed("json");
        &NAME
    }
}

impl<S> Mutator<BytesInput, S> for JsonMutator
where
    S: HasMetadata + HasRand + HasMaxSize + HasCorpus<BytesInput>,
{
    fn mutate(&mut self, state: &mut S, input: &mut BytesInput) -> Result<MutationResult, Error> {
        let mut dice = Dice::new(state.rand_mut().next());
        let mut value = match serde_json::from_slice(input.mutator_bytes()) {
            Ok(value) if !dice.chance(40) => value,
            _ => self.schema.make(&mut dice),
        };
        let id = random_corpus_id!(state.corpus(), state.rand_mut());
        let other: Option<Value> = {
            let testcase = state.corpus().get(id)?.borrow();
            let input = testcase.input().as_ref();
            input.and_then(|input| serde_json::from_slice(input.mutator_bytes()).ok())
        };
        let none = Vec::new();
        let tokens = state.metadata_map().get::<Tokens>();
        let near = state.metadata_map().get::<Near>();
        let near = near.map_or(&none, |near| &near.words);
        let words = Words::of(&value, near, tokens.map_or(&none, |tokens| tokens.tokens()));
        for _ in 0..=dice.below(3) {
            self.change(&mut value, &mut dice, other.as_ref(), &words);
        }
        let text = value.to_string().into_bytes();
        if text.len() > state.max_size() {
            return Ok(MutationResult::Skipped);
        }
        *input = BytesInput::new(text);
        Ok(MutationResult::Mutated)
    }

    fn post_exec(&mut self, _state: &mut S, _new: Option<CorpusId>) -> Result<(), Error> {
        Ok(())
    }
}

//! What a path leads to.

use crate::path::{Relation, Side, Step, Test};
use serde_json::Value;
use std::cmp::Ordering;
use std::fmt;
use std::rc::Rc;

/// Values that a path may lead over.
const MOST: usize = 10_000;

/// Where a value stands: its place in what it is in, and where that stands.
#[derive(Clone, Debug)]
pub enum Place<'d> {
    Root,
    Member(Rc<Place<'d>>, &'d str),
    Element(Rc<Place<'d>>, usize),
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // From the value outwards, and written the other way round: places may be deep.
        let (mut at, mut ways) = (self, Vec::new());
        loop {
            match at {
                Self::Root => break,
                Self::Member(above, _) | Self::Element(above, _) => {
                    ways.push(at);
                    at = above;
                }
            }
        }
        f.write_str("$")?;
        for way in ways.iter().rev() {
            match way {
                Self::Root => {}
                Self::Element(_, index) => write!(f, "[{index}]")?,
                Self::Member(_, name) => {
                    let name = name.replace('\\', "\\\\").replace('\'', "\\'");
                    write!(f, "['{}']", name.replace('\n', "\\n").replace('\t', "\\t"))?;
                }
            }
        }
        Ok(())
    }
}

type Found<'d> = (Rc<Place<'d>>, &'d Value);

/// All values that a path leads to, in the order of the document; none if it leads over too many.
pub fn select<'d>(document: &'d Value, path: &[Step]) -> Option<Vec<Found<'d>>> {
    let mut left = MOST;
    walk(document, path, &mut left)
}

fn walk<'d>(from: &'d Value, path: &[Step], left: &mut usize) -> Option<Vec<Found<'d>>> {
    let mut found: Vec<Found<'d>> = vec![(Rc::new(Place::Root), from)];
    for step in path {
        let mut next = Vec::new();
        for (place, value) in found {
            take(step, &place, value, left, &mut next)?;
        }
        found = next;
    }
    Some(found)
}

fn take<'d>(
    step: &Step,
    place: &Rc<Place<'d>>,
    value: &'d Value,
    left: &mut usize,
    into: &mut Vec<Found<'d>>,
) -> Option<()> {
    let mut add = |found: Found<'d>| {
        *left = left.checked_sub(1)?;
        into.push(found);
        Some(())
    };
    match (step, value) {
        (Step::Member(name), Value::Object(members)) => {
            if let Some((name, member)) = members.get_key_value(name) {
                add((Rc::new(Place::Member(Rc::clone(place), name)), member))?;
            }
        }
        (Step::Element(index), Value::Array(elements)) => {
            let index = from_start(*index, elements.len());
            let there = usize::try_from(index).ok();
            if let Some((index, element)) = there.and_then(|it| Some((it, elements.get(it)?))) {
                add((Rc::new(Place::Element(Rc::clone(place), index)), element))?;
            }
        }
        (Step::Slice(first, last), Value::Array(elements)) => {
            let length = elements.len();
            let bound = |index: &Option<i64>, missing: usize| {
                index.map_or(missing, |index| {
                    usize::try_from(from_start(index, length))
                        .unwrap_or(0)
                        .min(length)
                })
            };
            let (first, last) = (bound(first, 0), bound(last, length));
            for index in first..last {
                let place = Place::Element(Rc::clone(place), index);
                add((Rc::new(place), &elements[index]))?;
            }
        }
        (Step::All, _) => {
            for found in children(place, value) {
                add(found)?;
            }
        }
        (Step::Filter(test), _) => {
            for found in children(place, value) {
                *left = left.checked_sub(1)?;
                if holds(test, found.1, left)? {
                    into.push(found);
                }
            }
        }
        (Step::Deep, _) => {
            let mut waiting: Vec<Found<'d>> = vec![(Rc::clone(place), value)];
            while let Some(found) = waiting.pop() {
                let mut below = children(&found.0, found.1);
                below.reverse();
                waiting.extend(below);
                add(found)?;
            }
        }
        _ => {}
    }
    Some(())
}

/// A place counted from the end, counted from the start; negative where there is none.
fn from_start(index: i64, length: usize) -> i64 {
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    if index < 0 {
        index.saturating_add(length)
    } else {
        index
    }
}

fn children<'d>(place: &Rc<Place<'d>>, value: &'d Value) -> Vec<Found<'d>> {
    match value {
        Value::Array(elements) => elements
            .iter()
            .enumerate()
            .map(|(index, element)| {
                let place = Place::Element(Rc::clone(place), index);
                (Rc::new(place), element)
            })
            .collect(),
        Value::Object(members) => members
            .iter()
            .map(|(name, member)| (Rc::new(Place::Member(Rc::clone(place), name)), member))
            .collect(),
        _ => Vec::new(),
    }
}

fn holds(test: &Test, value: &Value, left: &mut usize) -> Option<bool> {
    Some(match test {
        Test::Exists(path) => !walk(value, path, left)?.is_empty(),
        Test::And(one, other) => holds(one, value, left)? && holds(other, value, left)?,
        Test::Or(one, other) => holds(one, value, left)? || holds(other, value, left)?,
        Test::Not(test) => !holds(test, value, left)?,
        Test::Compare(one, relation, other) => {
            let (one, other) = (side(one, value, left)?, side(other, value, left)?);
            compare(one.as_ref(), *relation, other.as_ref())
        }
    })
}

/// The one value of a side; nothing where a path leads to none or to several.
fn side(side: &Side, element: &Value, left: &mut usize) -> Option<Option<Value>> {
    match side {
        Side::Value(value) => Some(Some(value.clone())),
        Side::Path(path) => {
            let found = walk(element, path, left)?;
            Some(match found[..] {
                [(_, value)] => Some(value.clone()),
                _ => None,
            })
        }
    }
}

fn compare(one: Option<&Value>, relation: Relation, other: Option<&Value>) -> bool {
    let order = match (one, other) {
        (Some(Value::Number(one)), Some(Value::Number(other))) => {
            match (one.as_i64(), other.as_i64()) {
                (Some(one), Some(other)) => Some(one.cmp(&other)),
                _ => one.as_f64().partial_cmp(&other.as_f64()),
            }
        }
        (Some(Value::String(one)), Some(Value::String(other))) => Some(one.cmp(other)),
        (one, other) if one == other => Some(Ordering::Equal),
        _ => None,
    };
    match relation {
        Relation::Same => order == Some(Ordering::Equal),
        Relation::Differs => order != Some(Ordering::Equal),
        Relation::Less => order == Some(Ordering::Less),
        Relation::More => order == Some(Ordering::Greater),
        Relation::AtMost => order.is_some_and(Ordering::is_le),
        Relation::AtLeast => order.is_some_and(Ordering::is_ge),
    }
}

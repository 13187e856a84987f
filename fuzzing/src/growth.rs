//! Whether the work grows out of proportion to the input.
//!
//! An input that cost much for its size is made larger, one list or text in it at a time, and
//! the exponent of the growth is read off the last doublings.

use crate::oracle::Class;
use crate::session::Session;
use serde_json::Value;

/// A growth that was measured.
#[derive(Clone, Debug)]
pub(crate) struct Growth {
    /// The exponent: 1 is linear, 2 quadratic.
    pub(crate) exponent: f64,
    /// Sizes of the part that was made larger, in bytes, and work, from small to large.
    pub(crate) points: Vec<(usize, u64)>,
    /// The largest input but one, and the largest.
    pub(crate) inputs: [Vec<u8>; 2],
    /// The sizes of that part in the two.
    pub(crate) sizes: [usize; 2],
}

/// The largest input that is made.
const LARGEST: usize = 48 << 10;
/// Less work than this is no growth worth a word, whatever its shape.
const LEAST_WORK: u64 = 1_500_000;
/// Places of an input that are made larger, each by itself.
const PLACES: usize = 6;
/// Instead of a place: all of them at once.
const ALL: usize = usize::MAX;

/// Measures the growth from each of these inputs; gives the steepest. Goes on until `over`.
pub(crate) fn steepest(
    session: &mut Session<'_>,
    inputs: &[Vec<u8>],
    mut over: impl FnMut() -> bool,
) -> Option<Growth> {
    let mut steepest: Option<Growth> = None;
    for input in inputs {
        for place in (0..PLACES).chain([ALL]) {
            if over() {
                return steepest;
            }
            let Some(growth) = measure(session, input, place) else {
                continue;
            };
            let before = steepest.as_ref().map_or(0.0, |it| it.exponent);
            if growth.exponent > before {
                steepest = Some(growth);
            }
        }
    }
    steepest
}

fn measure(session: &mut Session<'_>, input: &[u8], place: usize) -> Option<Growth> {
    let counts = Class::of(input, session.spec).counts();
    let mut points: Vec<(usize, u64)> = Vec::new();
    let mut inputs: Vec<Vec<u8>> = Vec::new();
    let mut times = 1;
    // What stays as it is does not count: or the work would seem to explode where a small part of
    // a large input grows.
    let mut part = Part::default();
    loop {
        let larger = enlarge(input, place, times)?;
        let too_large = larger.len() > LARGEST;
        let grew = inputs.last().is_none_or(|last| last.len() < larger.len());
        if too_large || !grew || Class::of(&larger, session.spec).counts() != counts {
            break;
        }
        let fuel = session.work(&larger);
        // Where it was cut off its work is not known.
        if fuel.1 && points.len() >= 3 {
            break;
        }
        points.push((part.of(larger.len()), fuel.0));
        inputs.push(larger);
        if fuel.1 {
            break;
        }
        times *= 2;
    }
    // How large the part is that is there once is known by the second.
    if let Some(first) = points.first_mut() {
        first.0 = part.unit();
    }
    let [.., third, second, last] = points[..] else {
        return None;
    };
    if last.1 < LEAST_WORK {
        return None;
    }
    // What it takes to start is no growth.
    let base = session.work(b"").0.min(points[0].1 / 2);
    let slope = |from: (usize, u64), to: (usize, u64)| {
        let ratio = |one: u64, other: u64| real(one) / real(other);
        let size = ratio(to.0 as u64, from.0 as u64).ln();
        ratio(
            to.1.saturating_sub(base).max(1),
            from.1.saturating_sub(base).max(1),
        )
        .ln()
            / size
    };
    // Both: one alone may be where a cache or a reallocation begins.
    let exponent = slope(second, last).min(slope(third, second).max(slope(third, last)));
    let largest = inputs.pop()?;
    Some(Growth {
        exponent,
        points,
        inputs: [inputs.pop()?, largest],
        sizes: [second.0, last.0],
    })
}

/// The part of an input that is made larger, by the sizes of the whole.
#[derive(Default)]
struct Part {
    once: usize,
    twice: usize,
}

impl Part {
    /// The part's size where the whole has this one: the first is that of the part once.
    fn of(&mut self, whole: usize) -> usize {
        if self.once == 0 {
            self.once = whole;
        } else if self.twice == 0 {
            self.twice = whole;
        }
        (whole - self.once.min(whole)) + self.unit()
    }

    fn unit(&self) -> usize {
        self.twice.saturating_sub(self.once).max(1)
    }
}

#[allow(clippy::cast_precision_loss, reason = "a ratio for people")]
pub(crate) fn real(number: u64) -> f64 {
    number as f64
}

/// The input with one of its lists or texts so many times as long; of what is no JSON, the whole
/// or a part of it. `None` where there is no such place.
fn enlarge(input: &[u8], place: usize, times: usize) -> Option<Vec<u8>> {
    if input.is_empty() {
        return None;
    }
    if let Ok(mut value) = serde_json::from_slice::<Value>(input)
        && (value.is_array() || value.is_object() || value.is_string())
    {
        if place == ALL {
            enlarge_all(&mut value, times);
            return Some(value.to_string().into_bytes());
        }
        let mut left = place;
        return enlarge_value(&mut value, &mut left, times).then(|| value.to_string().into_bytes());
    }
    match place {
        0 => Some(input.repeat(times)),
        // What stands at the ends may be a frame around the rest.
        1..=3 if input.len() >= 8 => {
            let edge = input.len() * place / 8;
            let (head, rest) = input.split_at(edge);
            let (middle, tail) = rest.split_at(rest.len() - edge);
            Some([head, &middle.repeat(times), tail].concat())
        }
        _ => None,
    }
}

/// Makes each list and text so many times as long.
fn enlarge_all(value: &mut Value, times: usize) {
    match value {
        Value::Array(elements) => {
            // What is in a list grows with it, and that is enough.
            let one = elements.clone();
            elements.clear();
            for round in 0..times {
                elements.extend(one.iter().map(|it| varied(it, round)));
            }
        }
        Value::String(text) => *text = text.repeat(times),
        Value::Object(members) => members.values_mut().for_each(|it| enlarge_all(it, times)),
        _ => {}
    }
}

fn enlarge_value(value: &mut Value, left: &mut usize, times: usize) -> bool {
    match value {
        Value::Array(elements) if !elements.is_empty() => {
            if *left == 0 {
                let one = elements.clone();
                elements.clear();
                for round in 0..times {
                    elements.extend(one.iter().map(|it| varied(it, round)));
                }
                return true;
            }
            *left -= 1;
            elements.iter_mut().any(|it| enlarge_value(it, left, times))
        }
        Value::String(text) if !text.is_empty() => {
            if *left == 0 {
                *text = text.repeat(times);
                return true;
            }
            *left -= 1;
            false
        }
        Value::Object(members) => members
            .values_mut()
            .any(|it| enlarge_value(it, left, times)),
        _ => false,
    }
}

/// The same again, but not equal: what looks for what it has seen would stop early else.
fn varied(value: &Value, round: usize) -> Value {
    match value {
        Value::Number(number) if round > 0 => match number.as_i64() {
            Some(number) => {
                let round = i64::try_from(round).unwrap_or(0);
                Value::from(number.wrapping_add(round))
            }
            None => value.clone(),
        },
        Value::String(text) if round > 0 => Value::from(format!("{text}{round}")),
        Value::Array(elements) => elements.iter().map(|it| varied(it, round)).collect(),
        Value::Object(members) => Value::Object(
            members
                .iter()
                .map(|(name, it)| (name.clone(), varied(it, round)))
                .collect(),
        ),
        _ => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_of_a_part_is_what_grows() {
        let mut part = Part::default();
        // 1000 bytes that stay, and 10 that double.
        let sizes: Vec<usize> = [1010, 1020, 1040, 1080].map(|whole| part.of(whole)).into();
        assert_eq!(part.unit(), 10);
        assert_eq!(sizes[1..], [20, 40, 80]);
    }

    #[test]
    fn each_list_and_text_is_made_larger_on_its_own() {
        let input = br#"{"a":[1,2],"b":"xy"}"#;
        let made =
            |place| enlarge(input, place, 2).map(|it| String::from_utf8(it).expect("a text"));
        assert_eq!(made(0).as_deref(), Some(r#"{"a":[1,2,2,3],"b":"xy"}"#));
        assert_eq!(made(1).as_deref(), Some(r#"{"a":[1,2],"b":"xyxy"}"#));
        assert_eq!(made(2), None);
        assert_eq!(made(ALL).as_deref(), Some(r#"{"a":[1,2,2,3],"b":"xyxy"}"#));
        assert_eq!(enlarge(b"a b", 0, 2).as_deref(), Some(&b"a ba b"[..]));
        assert_eq!(
            enlarge(b"<abcdef>", 1, 2).as_deref(),
            Some(&b"<abcdefabcdef>"[..])
        );
    }
}

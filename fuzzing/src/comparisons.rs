//! What a run compared with what.

use libafl::observers::cmp::{CmpValues, CmplogBytes};
use std::collections::{HashMap, HashSet};

/// What a run compared with what, each pair once.
#[derive(Default)]
pub(crate) struct Comparisons {
    numbers: Vec<(i32, Number)>,
    /// What was equal.
    equal: Equal,
    /// How many pairs each place has given in this run.
    seen: HashMap<i32, u8>,
    texts: Vec<(Vec<u8>, Vec<u8>)>,
}

/// Where what a run compared was equal, and is not so by chance: larger numbers, longer texts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Equal {
    /// Places in the code.
    sites: HashSet<i32>,
    /// Lengths of texts.
    lengths: HashSet<usize>,
}

impl Equal {
    pub(crate) fn is_empty(&self) -> bool {
        self.sites.is_empty() && self.lengths.is_empty()
    }
}

/// Two texts that were compared.
type Texts = (Vec<u8>, Vec<u8>);

/// Numbers from here on, and texts of this length, are not equal by chance.
const LARGE: u64 = 256;
const LONG: usize = 3;

/// Two numbers that were compared.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Number {
    Narrow(u32, u32),
    Wide(u64, u64),
}

impl Number {
    /// In the form in which LibAFL's mutators take it, as narrow as it can be.
    fn value(self) -> CmpValues {
        let narrow = |one: u32, other: u32| match (u8::try_from(one), u8::try_from(other)) {
            (Ok(one), Ok(other)) => CmpValues::U8((one, other, false)),
            _ => match (u16::try_from(one), u16::try_from(other)) {
                (Ok(one), Ok(other)) => CmpValues::U16((one, other, false)),
                _ => CmpValues::U32((one, other, false)),
            },
        };
        match self {
            Self::Narrow(one, other) => narrow(one, other),
            Self::Wide(one, other) => match (u32::try_from(one), u32::try_from(other)) {
                (Ok(one), Ok(other)) => narrow(one, other),
                _ => CmpValues::U64((one, other, false)),
            },
        }
    }
}

/// Pairs that are kept of one place: of a loop the first few.
const MOST_OF_A_PLACE: u8 = 12;
/// Pairs that are kept of one run.
const MOST: usize = 4096;
/// The longest text: what LibAFL takes.
const LONGEST: usize = 32;

impl Comparisons {
    pub(crate) fn clear(&mut self) {
        self.numbers.clear();
        self.equal.sites.clear();
        self.equal.lengths.clear();
        self.seen.clear();
        self.texts.clear();
    }

    fn room(&mut self, site: i32) -> bool {
        let seen = self.seen.entry(site).or_default();
        if *seen >= MOST_OF_A_PLACE {
            return false;
        }
        *seen += 1;
        true
    }

    pub(crate) fn narrow(&mut self, site: i32, one: i32, other: i32) {
        let pair = Number::Narrow(one.cast_unsigned(), other.cast_unsigned());
        if one == other && u64::from(one.cast_unsigned()) >= LARGE {
            self.equal.sites.insert(site);
        }
        if one != other && self.numbers.len() < MOST && self.room(site) {
            self.numbers.push((site, pair));
        }
    }

    pub(crate) fn wide(&mut self, site: i32, one: i64, other: i64) {
        let pair = Number::Wide(one.cast_unsigned(), other.cast_unsigned());
        if one == other && one.cast_unsigned() >= LARGE {
            self.equal.sites.insert(site);
        }
        if one != other && self.numbers.len() < MOST && self.room(site) {
            self.numbers.push((site, pair));
        }
    }

    /// What was equal.
    pub(crate) fn equal(&self) -> &Equal {
        &self.equal
    }

    /// What is not equal here where it was in another run.
    pub(crate) fn broken(&self, was: &Equal) -> (Vec<CmpValues>, Vec<Texts>) {
        let is_broken = |site: &i32| was.sites.contains(site) && !self.equal.sites.contains(site);
        let numbers = self.numbers.iter().filter(|(site, _)| is_broken(site));
        let texts = self
            .texts
            .iter()
            .filter(|(one, other)| one.len() == other.len() && was.lengths.contains(&one.len()));
        (
            numbers.map(|(_, number)| number.value()).collect(),
            texts.cloned().collect(),
        )
    }

    /// Two texts in memory; a negative length is one that a NUL ends.
    pub(crate) fn texts(&mut self, memory: &[u8], one: i32, other: i32, length: i32) {
        let text = |at: i32| -> Option<Vec<u8>> {
            let from = memory.get(at.cast_unsigned() as usize..)?;
            let most = usize::try_from(length).unwrap_or(LONGEST).min(LONGEST);
            let text = &from[..most.min(from.len())];
            Some(match length {
                ..0 => text.iter().copied().take_while(|byte| *byte != 0).collect(),
                _ => text.to_vec(),
            })
        };
        let (Some(one), Some(other)) = (text(one), text(other)) else {
            return;
        };
        if one == other && one.len() >= LONG {
            self.equal.lengths.insert(one.len());
        }
        let known = self
            .texts
            .iter()
            .any(|pair| pair.0 == one && pair.1 == other);
        if one != other && one.len().max(other.len()) > 1 && !known && self.texts.len() < 256 {
            self.texts.push((one, other));
        }
    }

    /// The texts, each as long as it was compared.
    pub(crate) fn pairs(&self) -> &[(Vec<u8>, Vec<u8>)] {
        &self.texts
    }

    /// In the form in which LibAFL's mutators take them. They copy as much of one side as the
    /// other has: both have to be of one length, and not empty.
    pub(crate) fn values(&self) -> Vec<CmpValues> {
        let mut values: Vec<CmpValues> = self
            .numbers
            .iter()
            .map(|(_, number)| number.value())
            .collect();
        for (one, other) in &self.texts {
            let length = one.len().min(other.len());
            if length > 0 {
                let (one, other) = (&one[..length], &other[..length]);
                values.push(CmpValues::Bytes((bytes(one), bytes(other))));
            }
        }
        values
    }

    /// Texts and numbers as words of a dictionary: what the input was compared with.
    pub(crate) fn words(&self) -> impl Iterator<Item = Vec<u8>> + '_ {
        let texts = self.texts.iter().flat_map(|(one, other)| [one, other]);
        texts
            .filter(|text| text.len() >= 2 && text.iter().all(|byte| (32..127).contains(byte)))
            .cloned()
    }
}

fn bytes(text: &[u8]) -> CmplogBytes {
    let mut buffer = [0; LONGEST];
    let length = text.len().min(LONGEST);
    buffer[..length].copy_from_slice(&text[..length]);
    CmplogBytes::from_buf_and_len(buffer, u8::try_from(length).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use libafl_bolts::ToSlice as _;

    #[test]
    fn both_sides_of_a_text_are_of_one_length_and_not_empty() {
        let mut comparisons = Comparisons::default();
        let memory = b"longer\0\0short\0";
        comparisons.texts(memory, 0, 8, -1);
        comparisons.texts(memory, 0, 6, -1);
        assert_eq!(comparisons.pairs().len(), 2);
        let values = comparisons.values();
        let [CmpValues::Bytes((one, other))] = &values[..] else {
            panic!("{values:?}");
        };
        assert_eq!(
            (one.to_slice(), other.to_slice()),
            (&b"longe"[..], &b"short"[..])
        );
    }

    #[test]
    fn what_was_equal_and_is_not_is_told() {
        let mut before = Comparisons::default();
        before.narrow(1, 5000, 5000);
        before.narrow(2, 7, 7);
        before.wide(3, 1 << 40, 1 << 40);
        before.texts(b"abcdabcd", 0, 4, 4);
        let was = before.equal().clone();
        assert!(!was.is_empty());
        let mut after = Comparisons::default();
        after.narrow(1, 5000, 6000);
        after.narrow(2, 7, 8);
        after.wide(3, 1 << 40, 1 << 40);
        after.wide(3, 1, 2);
        after.texts(b"abcdabce", 0, 4, 4);
        after.texts(b"abcdabce", 1, 2, 2);
        let (numbers, texts) = after.broken(&was);
        assert!(matches!(numbers[..], [CmpValues::U16((5000, 6000, false))]));
        assert_eq!(texts, [(b"abcd".to_vec(), b"abce".to_vec())]);
        after.clear();
        assert!(after.equal().is_empty());
    }

    #[test]
    fn a_loop_gives_its_first_few_pairs_only() {
        let mut comparisons = Comparisons::default();
        for round in 0..100 {
            comparisons.narrow(7, round, 1000);
        }
        comparisons.wide(8, 1, 1 << 40);
        comparisons.wide(8, 3, 3);
        assert_eq!(comparisons.values().len(), usize::from(MOST_OF_A_PLACE) + 1);
    }
}

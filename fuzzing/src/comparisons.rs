//! What a run compared with what.

use libafl::observers::cmp::{CmpValues, CmplogBytes};

/// What a run compared with what, each pair once.
#[derive(Default)]
pub(crate) struct Comparisons {
    numbers: Vec<Number>,
    /// How many pairs each place has given in this run.
    seen: std::collections::HashMap<i32, u8>,
    texts: Vec<(Vec<u8>, Vec<u8>)>,
}

/// Two numbers that were compared.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Number {
    Narrow(u32, u32),
    Wide(u64, u64),
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
        if one != other && self.numbers.len() < MOST && self.room(site) {
            self.numbers.push(pair);
        }
    }

    pub(crate) fn wide(&mut self, site: i32, one: i64, other: i64) {
        let pair = Number::Wide(one.cast_unsigned(), other.cast_unsigned());
        if one != other && self.numbers.len() < MOST && self.room(site) {
            self.numbers.push(pair);
        }
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
        let mut values = Vec::with_capacity(self.numbers.len() + self.texts.len());
        let narrow = |one: u32, other: u32| match (u8::try_from(one), u8::try_from(other)) {
            (Ok(one), Ok(other)) => CmpValues::U8((one, other, false)),
            _ => match (u16::try_from(one), u16::try_from(other)) {
                (Ok(one), Ok(other)) => CmpValues::U16((one, other, false)),
                _ => CmpValues::U32((one, other, false)),
            },
        };
        for number in &self.numbers {
            values.push(match *number {
                Number::Narrow(one, other) => narrow(one, other),
                Number::Wide(one, other) => match (u32::try_from(one), u32::try_from(other)) {
                    (Ok(one), Ok(other)) => narrow(one, other),
                    _ => CmpValues::U64((one, other, false)),
                },
            });
        }
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

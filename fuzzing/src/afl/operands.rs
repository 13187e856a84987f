//! Replaces what an input was compared with by the other side of the comparison.

use libafl::Error;
use libafl::HasMetadata;
use libafl::corpus::CorpusId;
use libafl::inputs::{BytesInput, HasMutatorBytes};
use libafl::mutators::{MutationResult, Mutator};
use libafl::observers::cmp::CmpValues;
use libafl::state::{HasMaxSize, HasRand};
use libafl_bolts::rands::Rand;
use libafl_bolts::{Named, impl_serdeany};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::HashSet;
use std::num::NonZeroUsize;

/// Pairs of which the first stands in the input: as a number in memory, or as it is written down.
///
/// LibAFL's own `I2SRandReplace` knows numbers as they lie in memory and texts of one length;
/// this one also knows those that are written in decimal, and texts of any length, which is what
/// numbers and words in JSON are.
#[allow(
    clippy::unsafe_derive_deserialize,
    reason = "the unsafe methods are those of LibAFL's registry of types, and touch no field"
)]
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Operands {
    pairs: Vec<(Vec<u8>, Vec<u8>)>,
}

impl_serdeany!(Operands);

/// Pairs that are kept of one input.
const MOST: usize = 1024;
/// Pairs that are looked at for that.
const LOOKED_AT: usize = 8192;
/// How many of them, the first ones, are tried as often as all others together.
const FIRST: NonZeroUsize = NonZeroUsize::new(64).unwrap();

impl Operands {
    /// What stands in the input, and what is put in its place.
    pub(crate) fn pairs(&self) -> &[(Vec<u8>, Vec<u8>)] {
        &self.pairs
    }

    /// Those of the comparisons that this input could have brought about.
    pub(crate) fn of(input: &[u8], values: &[CmpValues], texts: &[(Vec<u8>, Vec<u8>)]) -> Self {
        let mut pairs = Pairs {
            input,
            list: Vec::new(),
            known: HashSet::new(),
        };
        for (one, other) in texts {
            // Only as much of the input's side as stands there.
            for (from, to) in [(one, other), (other, one)] {
                let shorter = from.len().min(to.len());
                if pairs.stands(from) {
                    pairs.add(from, to);
                } else if pairs.stands(&from[..shorter]) {
                    pairs.add(&from[..shorter], &to[..shorter]);
                }
            }
        }
        // The last first: before a program compares what it is about, it has read its input.
        for (one, other, _) in values.iter().rev().filter_map(CmpValues::to_u64_tuple) {
            pairs.numbers(one, other);
            pairs.numbers(other, one);
        }
        // A single digit stands in any input by chance, eight of them hardly.
        let mut pairs = pairs.list;
        pairs.sort_by_key(|(from, _)| std::cmp::Reverse(from.len()));
        pairs.truncate(MOST);
        Self { pairs }
    }
}

/// Pairs while they are gathered.
struct Pairs<'i> {
    input: &'i [u8],
    list: Vec<(Vec<u8>, Vec<u8>)>,
    known: HashSet<(Vec<u8>, Vec<u8>)>,
}

impl Pairs<'_> {
    fn stands(&self, from: &[u8]) -> bool {
        !from.is_empty() && memchr::memmem::find(self.input, from).is_some()
    }

    fn add(&mut self, from: &[u8], to: &[u8]) {
        let pair = (from.to_vec(), to.to_vec());
        if from != to && self.list.len() < LOOKED_AT && self.known.insert(pair.clone()) {
            self.list.push(pair);
        }
    }

    /// Numbers with zeros in front and those in hexadecimal, where they stand so.
    fn digits(&mut self, from: u64, to: u64) {
        const PADDED: u64 = 10_000;
        const HEXADECIMAL: u64 = 0x1000;
        type Write = fn(u64, usize) -> String;
        let mut forms: Vec<(Write, usize)> = Vec::new();
        if from < PADDED && to < PADDED && from.max(to) > 1 {
            forms.extend([2, 3, 4].map(|digits| (decimal as Write, digits)));
        }
        if from.max(to) >= HEXADECIMAL && (from == 0 || from >= HEXADECIMAL) {
            for write in [lower as Write, upper as Write] {
                forms.extend([0, 8, 16].map(|digits| (write, digits)));
            }
        }
        for (write, digits) in forms {
            let written = write(from, digits);
            if written.len() > 1 && self.stands(written.as_bytes()) {
                self.add(written.as_bytes(), write(to, digits).as_bytes());
            }
        }
    }

    /// The ways in which a number can stand in an input.
    fn numbers(&mut self, from: u64, to: u64) {
        // What is compared by less or more is worth trying on both sides.
        let tries = [to, to.wrapping_add(1), to.wrapping_sub(1)];
        let narrow = u32::try_from(from).ok();
        let written = from.to_string();
        if self.stands(written.as_bytes()) {
            for to in tries {
                self.add(written.as_bytes(), to.to_string().as_bytes());
            }
        }
        self.digits(from, to);
        // The same read as a number with a sign.
        let signed = |number: u64| match (narrow, u32::try_from(number)) {
            (Some(_), Ok(number)) => number.cast_signed().to_string(),
            _ => number.cast_signed().to_string(),
        };
        let other = signed(from);
        if other != written && self.stands(other.as_bytes()) {
            for to in tries {
                self.add(other.as_bytes(), signed(to).as_bytes());
            }
        }
        for width in [1, 2, 4, 8] {
            let fits = |number: u64| width == 8 || number >> (8 * width) == 0;
            // A single byte that is small stands everywhere.
            if !fits(from) || (width > 1 && from < 256) {
                continue;
            }
            let bytes = from.to_le_bytes();
            let turned = |bytes: &[u8]| bytes.iter().rev().copied().collect::<Vec<u8>>();
            let little = self.stands(&bytes[..width]);
            let big = width > 1 && self.stands(&turned(&bytes[..width]));
            if !little && !big {
                continue;
            }
            for to in tries.into_iter().filter(|to| fits(*to)) {
                let other = to.to_le_bytes();
                if little {
                    self.add(&bytes[..width], &other[..width]);
                }
                if big {
                    self.add(&turned(&bytes[..width]), &turned(&other[..width]));
                }
            }
        }
    }
}

fn decimal(number: u64, digits: usize) -> String {
    format!("{number:0digits$}")
}

fn lower(number: u64, digits: usize) -> String {
    format!("{number:0digits$x}")
}

fn upper(number: u64, digits: usize) -> String {
    format!("{number:0digits$X}")
}

/// Replaces one side of a comparison by the other, where it stands.
#[derive(Debug)]
pub(crate) struct OperandReplace;

impl Named for OperandReplace {
    fn name(&self) -> &Cow<'static, str> {
        static NAME: Cow<'static, str> = Cow::Borrowed("operand-replace");
        &NAME
    }
}

impl<S> Mutator<BytesInput, S> for OperandReplace
where
    S: HasMetadata + HasRand + HasMaxSize,
{
    fn mutate(&mut self, state: &mut S, input: &mut BytesInput) -> Result<MutationResult, Error> {
        let number = match state.metadata_map().get::<Operands>() {
            Some(operands) => operands.pairs.len(),
            None => 0,
        };
        let Some(number) = NonZeroUsize::new(number) else {
            return Ok(MutationResult::Skipped);
        };
        // Those that come first are worth more tries.
        let few = number.min(FIRST);
        let among = if state.rand_mut().coinflip(0.5) {
            few
        } else {
            number
        };
        let (which, start) = (state.rand_mut().below(among), state.rand_mut().next());
        let most = state.max_size();
        let Some(operands) = state.metadata_map().get::<Operands>() else {
            return Ok(MutationResult::Skipped);
        };
        let (from, to) = &operands.pairs[which];
        let bytes = input.mutator_bytes();
        let places: Vec<usize> = memchr::memmem::find_iter(bytes, from).take(64).collect();
        if places.is_empty() || bytes.len() - from.len() + to.len() > most {
            return Ok(MutationResult::Skipped);
        }
        let at = places[usize::try_from(start % places.len() as u64).unwrap_or(0)];
        let mut made = bytes.to_vec();
        made.splice(at..at + from.len(), to.iter().copied());
        *input = BytesInput::new(made);
        Ok(MutationResult::Mutated)
    }

    fn post_exec(&mut self, _state: &mut S, _new: Option<CorpusId>) -> Result<(), Error> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_known_as_bytes_and_as_they_are_written() {
        let operands = Operands::of(
            b"{\"n\": 4711}",
            &[CmpValues::U32((4711, 48_213, false))],
            &[],
        );
        assert!(
            operands
                .pairs
                .contains(&(b"4711".to_vec(), b"48213".to_vec()))
        );
        assert!(
            operands
                .pairs
                .contains(&(b"4711".to_vec(), b"48214".to_vec()))
        );
        let operands = Operands::of(
            b"A-0005-00000000",
            &[
                CmpValues::U32((0, 0x3f2a_9c41, false)),
                CmpValues::U8((5, 12, false)),
            ],
            &[],
        );
        for (from, to) in [
            ("00000000", "3f2a9c41"),
            ("00000000", "3F2A9C41"),
            ("0005", "0012"),
        ] {
            let pair = (from.as_bytes().to_vec(), to.as_bytes().to_vec());
            assert!(operands.pairs.contains(&pair), "{from} {to}");
        }
        let value = u32::from_be_bytes(*b"abcd");
        let operands = Operands::of(
            b"xxabcdxx",
            &[CmpValues::U32((0x3132_3334, value, false))],
            &[],
        );
        assert!(
            operands
                .pairs
                .contains(&(b"abcd".to_vec(), b"1234".to_vec()))
        );
        let operands = Operands::of(b"xxabcdxx", &[CmpValues::U32((7, 5, false))], &[]);
        assert!(operands.pairs.is_empty());
    }
}

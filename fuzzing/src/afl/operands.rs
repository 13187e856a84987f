//! Replaces what an input was compared with by the other side of the comparison.

use libafl::Error;
use libafl::HasMetadata;
use libafl::corpus::CorpusId;
use libafl::inputs::{BytesInput, HasMutatorBytes};
use libafl::mutators::{MutationResult, Mutator};
use libafl::observers::cmp::CmpValues;
use libafl::state::{HasMaxSize, HasRand};
use libafl_bolts::rands::Rand;
use libafl_bolts::{Named, ToSlice as _, impl_serdeany};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
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

impl Operands {
    /// Those of the comparisons that this input could have brought about.
    pub(crate) fn of(input: &[u8], values: &[CmpValues]) -> Self {
        let mut pairs = Vec::new();
        let mut add = |from: Vec<u8>, to: Vec<u8>| {
            let stands = !from.is_empty() && memchr::memmem::find(input, &from).is_some();
            if stands && from != to && pairs.len() < MOST {
                let pair = (from, to);
                if !pairs.contains(&pair) {
                    pairs.push(pair);
                }
            }
        };
        for value in values {
            match value {
                CmpValues::Bytes((one, other)) => {
                    let (one, other) = (one.to_slice().to_vec(), other.to_slice().to_vec());
                    // Only as much of the input's side as stands there.
                    for (from, to) in [(&one, &other), (&other, &one)] {
                        add(from.clone(), to.clone());
                        let shorter = from.len().min(to.len());
                        add(from[..shorter].to_vec(), to[..shorter].to_vec());
                    }
                }
                number => {
                    let Some((one, other, _)) = number.to_u64_tuple() else {
                        continue;
                    };
                    for (from, to) in [(one, other), (other, one)] {
                        // What is compared by less or more is worth trying on both sides.
                        for to in [to, to.wrapping_add(1), to.wrapping_sub(1)] {
                            numbers(from, to, &mut add);
                        }
                    }
                }
            }
        }
        Self { pairs }
    }
}

/// The ways in which a number can stand in an input.
fn numbers(from: u64, to: u64, add: &mut impl FnMut(Vec<u8>, Vec<u8>)) {
    add(from.to_string().into_bytes(), to.to_string().into_bytes());
    let narrow = |number: u64| u32::try_from(number).map(u32::cast_signed);
    if let (Ok(from), Ok(to)) = (narrow(from), narrow(to)) {
        if from < 0 || to < 0 {
            add(from.to_string().into_bytes(), to.to_string().into_bytes());
        }
    } else {
        let (from, to) = (from.cast_signed(), to.cast_signed());
        add(from.to_string().into_bytes(), to.to_string().into_bytes());
    }
    for width in [1, 2, 4, 8] {
        let fits = |number: u64| width == 8 || number >> (8 * width) == 0;
        // A single byte that is small stands everywhere.
        if !fits(from) || !fits(to) || (width > 1 && from >> (4 * width) == 0 && from < 256) {
            continue;
        }
        let (from, to) = (from.to_le_bytes(), to.to_le_bytes());
        add(from[..width].to_vec(), to[..width].to_vec());
        if width > 1 {
            let turned = |bytes: &[u8]| bytes.iter().rev().copied().collect::<Vec<u8>>();
            add(turned(&from[..width]), turned(&to[..width]));
        }
    }
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
        let (which, start) = (state.rand_mut().below(number), state.rand_mut().next());
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
        let operands = Operands::of(b"{\"n\": 4711}", &[CmpValues::U32((4711, 48_213, false))]);
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
        let value = u32::from_be_bytes(*b"abcd");
        let operands = Operands::of(b"xxabcdxx", &[CmpValues::U32((0x3132_3334, value, false))]);
        assert!(
            operands
                .pairs
                .contains(&(b"abcd".to_vec(), b"1234".to_vec()))
        );
        let operands = Operands::of(b"xxabcdxx", &[CmpValues::U32((7, 5, false))]);
        assert!(operands.pairs.is_empty());
    }
}

//! Keeps checks true that a mutation breaks.
//!
//! A checksum over the rest of an input is right again only if it is written anew after each
//! mutation, and a mutated input in which it is wrong goes no new way, so that nobody keeps it.
//! So some inputs are mutated, what is then compared is compared with what was equal before, and
//! where that no longer holds, one side of the comparison is put in the other's place.

use super::operands::Operands;
use super::{Runs, State};
use libafl::inputs::{BytesInput, HasMutatorBytes};
use libafl::mutators::{MutationResult, Mutator};
use libafl::stages::{Restartable, Stage};
use libafl::state::HasCurrentTestcase;
use libafl::{Error, Evaluator};

/// Inputs that are mutated each time, and pairs that are tried of each.
const TRIES: usize = 6;
const PAIRS: usize = 12;
/// Every so many times that an input is chosen.
const OFTEN: usize = 4;

/// The stage, with what it mutates by; without one it does nothing.
pub(super) struct Repair<M> {
    pub(super) mutator: Option<M>,
}

impl<'s, 'a, EM, Z, M> Stage<Runs<'s, 'a>, EM, State, Z> for Repair<M>
where
    M: Mutator<BytesInput, State>,
    Z: Evaluator<Runs<'s, 'a>, EM, BytesInput, State>,
{
    fn perform(
        &mut self,
        fuzzer: &mut Z,
        executor: &mut Runs<'s, 'a>,
        state: &mut State,
        manager: &mut EM,
    ) -> Result<(), Error> {
        let Some(mutator) = &mut self.mutator else {
            return Ok(());
        };
        let input = {
            let testcase = state.current_testcase()?;
            match testcase.input() {
                Some(input) if testcase.scheduled_count() % OFTEN == 1 => input.clone(),
                _ => return Ok(()),
            }
        };
        let whole = match executor.session.compare(input.mutator_bytes()) {
            Some(compared) if !compared.equal().is_empty() => compared.equal().clone(),
            _ => return Ok(()),
        };
        for _ in 0..TRIES {
            let mut changed = input.clone();
            if mutator.mutate(state, &mut changed)? == MutationResult::Skipped {
                continue;
            }
            let bytes = changed.mutator_bytes();
            let Some(compared) = executor.session.compare(bytes) else {
                return Ok(());
            };
            let (numbers, texts) = compared.broken(&whole);
            if numbers.is_empty() && texts.is_empty() {
                continue;
            }
            let operands = Operands::of(bytes, &numbers, &texts);
            for (from, to) in operands.pairs().iter().take(PAIRS) {
                // The last place: a checksum mostly stands behind what it is of.
                let Some(at) = memchr::memmem::rfind(bytes, from) else {
                    continue;
                };
                let mut made = bytes.to_vec();
                made.splice(at..at + from.len(), to.iter().copied());
                fuzzer.evaluate_input(state, executor, manager, &BytesInput::new(made))?;
            }
        }
        Ok(())
    }
}

impl<M> Restartable<State> for Repair<M> {
    fn should_restart(&mut self, _state: &mut State) -> Result<bool, Error> {
        Ok(true)
    }

    fn clear_progress(&mut self, _state: &mut State) -> Result<(), Error> {
        Ok(())
    }
}

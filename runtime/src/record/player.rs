//! What answers while a run is repeated.

use super::calls::{Compared, Cursor, Question};
use super::compare::{Divergence, FuelDifference};
use super::kept::{Kept, unpacked};
use super::outputs;
use super::recording::{Answer, Recording};
use super::tape::{EVENT, FULL};
use std::sync::Arc;
use wasmtime::component::ResourceTableError;

/// Gives a recording's answers and compares the questions.
pub(super) struct Player {
    pub(super) recording: Arc<Recording>,
    cursor: Cursor,
    /// Host calls so far.
    call: u64,
    /// The question of the last one.
    last: Option<Question>,
    /// How many answers were given.
    given: usize,
    pub(super) stop: Option<Stopped>,
    pub(super) fuel: Option<FuelDifference>,
    pub(super) began: bool,
    /// How often what goes on beside the guest had its turn in this host call.
    pub(super) turn: u32,
}

/// Why a replay does not go on.
pub(super) enum Stopped {
    /// It does something else.
    Diverged(Divergence),
    /// Here the recorded run was called off.
    Here,
}

/// Why an answer is none.
const NOT_THAT: &str = "the recorded answer is not what this function gives";

/// Ends the guest; why is in [`Player::stop`].
#[derive(Debug, thiserror::Error)]
#[error("the replay ends here")]
pub(super) struct Ends;

impl Player {
    pub(super) fn new(recording: Arc<Recording>) -> Self {
        Self {
            recording,
            cursor: Cursor::default(),
            call: 0,
            last: None,
            given: 0,
            stop: None,
            fuel: None,
            began: false,
            turn: 0,
        }
    }

    /// How many host calls there were.
    pub(super) fn calls(&self) -> u64 {
        self.call
    }

    /// The question that the recorded run asked next, where it is kept in words.
    pub(super) fn missing(&self) -> Option<Question> {
        self.cursor.clone().next(&self.recording.content.calls)
    }

    pub(super) fn asked(&mut self, question: Question) -> Result<(), Ends> {
        if self.stop.is_some() {
            return Err(Ends);
        }
        let calls = &self.recording.content.calls;
        let compared = self.cursor.compare(calls, &question);
        let call = self.call + 1;
        let divergence = match compared {
            Compared::Same { fuel } => {
                if let Some(recorded) = fuel
                    && recorded != question.fuel
                    && self.fuel.is_none()
                {
                    self.fuel = Some(FuelDifference {
                        call,
                        recorded,
                        replayed: question.fuel,
                    });
                }
                self.call = call;
                self.turn = 0;
                self.last = Some(question);
                return Ok(());
            }
            Compared::Other(then) => Divergence::at(call, Some(&then), Some(&question)),
            Compared::OtherSince(since) => Divergence {
                since,
                ..Divergence::at(call, None, Some(&question))
            },
            Compared::Ended => Divergence {
                why: "the recorded run made no more host calls".to_owned(),
                ..Divergence::at(call, None, Some(&question))
            },
        };
        Err(self.diverged(divergence))
    }

    /// The end of a host call: where the recorded run was called off in it, so is this.
    pub(super) fn done(&mut self) -> Result<(), Ends> {
        let content = &self.recording.content;
        if content.end.was_interrupted() && content.end.in_call && self.call == content.calls.count
        {
            self.stop.get_or_insert(Stopped::Here);
            return Err(Ends);
        }
        Ok(())
    }

    /// The next answer, which has to be to this.
    pub(super) fn answer(&mut self, function: &str) -> Result<usize, Ends> {
        if self.stop.is_some() {
            return Err(Ends);
        }
        let content = &self.recording.content;
        let Some(answer) = content.answers.get(self.given) else {
            if content.end.was_interrupted()
                && content.end.in_call
                && self.call == content.calls.count
            {
                self.stop = Some(Stopped::Here);
                return Err(Ends);
            }
            return Err(self.unanswered("the recording holds no more answers"));
        };
        let name = content.functions.get(usize::from(answer.function));
        if answer.call != self.call || name.is_none_or(|name| name != function) {
            let why = format!(
                "{function} needs an answer from outside, and the recording's next is to {} of \
                 host call {}",
                name.map_or("another function", String::as_str),
                answer.call
            );
            return Err(self.unanswered(&why));
        }
        self.given += 1;
        Ok(self.given - 1)
    }

    /// What wasmtime-wasi answered then, put into the guest's memory.
    pub(super) fn answered(
        &mut self,
        function: &str,
        arguments: &[i64],
        memory: &mut [u8],
    ) -> wasmtime::Result<i32> {
        let index = self.answer(function)?;
        let recording = Arc::clone(&self.recording);
        let answer = &recording.content.answers[index];
        if let Some(trap) = &answer.trap {
            return Err(wasmtime::Error::msg(trap.clone()));
        }
        let empty = answer.errno != 0 && answer.bytes.is_empty();
        if !empty
            && (answer.errno != 0
                || outputs::put(function, arguments, memory, &answer.bytes).is_none())
        {
            let why = "the recorded answer does not fit where the guest wants it";
            return Err(self.unanswered(why).into());
        }
        Ok(answer.errno)
    }

    /// Other bytes from outside.
    pub(super) fn bytes(&mut self, function: &str, to: &mut [u8]) -> wasmtime::Result<()> {
        let index = self.answer(function)?;
        let recording = Arc::clone(&self.recording);
        let bytes = &recording.content.answers[index].bytes;
        if bytes.len() != to.len() {
            let why = "the recorded answer has another length";
            return Err(self.unanswered(why).into());
        }
        to.copy_from_slice(bytes);
        Ok(())
    }

    /// The next answer, as a value.
    pub(super) fn told<T: Kept>(&mut self, function: &str) -> wasmtime::Result<T> {
        let index = self.answer(function)?;
        let recording = Arc::clone(&self.recording);
        let answer = &recording.content.answers[index];
        if let Some(trap) = &answer.trap {
            return Err(match answer.errno {
                FULL => ResourceTableError::Full.into(),
                _ => wasmtime::Error::msg(trap.clone()),
            });
        }
        let value = unpacked(&answer.bytes).filter(|_| answer.errno == 0);
        value.ok_or_else(|| self.unanswered(NOT_THAT).into())
    }

    /// The next thing that happens in this host call: what, its turn, and its other bytes.
    fn event(&self) -> Option<(&str, &Answer, u32, &[u8])> {
        if self.stop.is_some() {
            return None;
        }
        let content = &self.recording.content;
        let next = content.answers.get(self.given)?;
        let name = content.functions.get(usize::from(next.function))?;
        let (turn, bytes) = next.bytes.split_first_chunk()?;
        let is_event = name.starts_with(EVENT) && next.call == self.call && next.trap.is_none();
        is_event.then_some((name, next, u32::from_le_bytes(*turn), bytes))
    }

    /// What happens next in this turn, if it is this.
    fn next(&self, kind: &str, id: i32) -> Option<&[u8]> {
        let (name, answer, turn, bytes) = self.event()?;
        (turn <= self.turn && answer.errno == id && name == kind).then_some(bytes)
    }

    pub(super) fn next_turn(&mut self) -> bool {
        let turn = self.event().map(|(_, _, turn, _)| turn);
        let later = turn.filter(|turn| *turn > self.turn);
        self.turn = later.unwrap_or(self.turn);
        later.is_some()
    }

    /// Whether the next answer is this function's.
    pub(super) fn answers(&self, function: &str) -> bool {
        let content = &self.recording.content;
        let next = content.answers.get(self.given);
        let name = next.and_then(|next| content.functions.get(usize::from(next.function)));
        self.stop.is_none()
            && next.is_some_and(|next| next.call == self.call)
            && name.is_some_and(|name| name == function)
    }

    pub(super) fn is_next(&self, kind: &str, id: i32) -> bool {
        self.next(kind, id).is_some()
    }

    pub(super) fn happens<T: Kept>(&mut self, kind: &str, id: i32) -> Option<T> {
        let value = unpacked(self.next(kind, id)?);
        if value.is_none() {
            self.unanswered(NOT_THAT);
            return None;
        }
        self.given += 1;
        value
    }

    /// Whether something that was waited for comes now, when so much fuel is used.
    pub(super) fn comes(&mut self, kind: &str, id: i32, fuel: u64) -> bool {
        let then = self.next(kind, id).map(unpacked::<u64>);
        // What is no number is found to be none.
        then.is_some_and(|then| then.is_none_or(|then| then <= fuel))
            && self.happens::<u64>(kind, id).is_some()
    }

    /// How many answers were given.
    pub(super) fn given(&self) -> usize {
        self.given
    }

    /// The guest waits, and nothing of what it waits for happens.
    pub(super) fn stuck(&mut self) -> Ends {
        let content = &self.recording.content;
        if content.end.was_interrupted()
            && self.call == content.calls.count
            && self.given == content.answers.len()
        {
            self.stop.get_or_insert(Stopped::Here);
            return Ends;
        }
        self.unanswered("the guest waits, and the recording holds nothing that comes of it here")
    }

    pub(super) fn unanswered(&mut self, why: &str) -> Ends {
        let divergence = Divergence {
            why: why.to_owned(),
            ..Divergence::at(self.call, self.last.as_ref(), self.last.as_ref())
        };
        self.diverged(divergence)
    }

    fn diverged(&mut self, divergence: Divergence) -> Ends {
        self.stop.get_or_insert(Stopped::Diverged(divergence));
        Ends
    }

    /// Answers that nothing asked for.
    pub(super) fn left_over(&self) -> usize {
        self.recording.content.answers.len() - self.given
    }
}

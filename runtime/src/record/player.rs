//! What answers while a run is repeated.

use super::calls::{Compared, Cursor, Question};
use super::compare::{Divergence, FuelDifference};
use super::outputs;
use super::recording::Recording;
use std::sync::Arc;

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
}

/// Why a replay does not go on.
pub(super) enum Stopped {
    /// It does something else.
    Diverged(Divergence),
    /// Here the recorded run was called off.
    Here,
}

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

    fn unanswered(&mut self, why: &str) -> Ends {
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

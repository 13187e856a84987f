//! The seam between a run and its outside.

use super::calls::Question;
use super::kept::{Kept, packed};
use super::player::Player;
use super::recorder::Recorder;
use super::recording::Recording;
use crate::sandbox::Largest;
use policies::{DirectoryGrant, GuestPath};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use wasmtime::Result;
use wasmtime::component::ResourceTableError;

/// Records or replays one run; a handle that the run and whoever started it both have.
#[derive(Clone)]
pub(crate) struct Tape(Arc<Mutex<Reel>>);

pub(super) enum Reel {
    Recording(Recorder),
    Replaying(Player),
}

impl Tape {
    pub(super) fn recording(room: u64) -> Self {
        Self::of(Reel::Recording(Recorder::new(room)))
    }

    pub(super) fn observing() -> Self {
        Self::of(Reel::Recording(Recorder::observing()))
    }

    pub(super) fn replaying(recording: Arc<Recording>) -> Self {
        Self::of(Reel::Replaying(Player::new(recording)))
    }

    fn of(reel: Reel) -> Self {
        Self(Arc::new(Mutex::new(reel)))
    }

    /// What is on it. Never held while something waits.
    pub(super) fn reel(&self) -> MutexGuard<'_, Reel> {
        // A reel is whole after each of its steps, whatever became of another thread.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The largest memory and table that the run can have; in a replay what they were.
    pub(crate) fn largest(&self, here: Largest) -> Largest {
        match &mut *self.reel() {
            Reel::Recording(recorder) => {
                recorder.largest = Some(here);
                here
            }
            Reel::Replaying(player) => player.recording.largest(),
        }
    }

    /// Opens the folders of a run; in a replay says what came of that then.
    pub(crate) fn open<T>(
        &self,
        directories: &[DirectoryGrant],
        open: impl FnOnce() -> Result<T, String>,
    ) -> Result<Option<T>, String> {
        match &mut *self.reel() {
            Reel::Recording(recorder) => {
                let names = directories.iter().map(|one| match &one.guest {
                    GuestPath::Path(path) => path.len(),
                    GuestPath::Any => 0,
                });
                recorder.longest = names.max().unwrap_or(0);
                if let Some(observer) = &mut recorder.observer {
                    observer.begin(directories);
                }
                let opened = open();
                recorder.opening = opened.as_ref().err().cloned();
                recorder.began = opened.is_ok();
                opened.map(Some)
            }
            Reel::Replaying(player) => {
                if let Some(message) = &player.recording.content.opening {
                    return Err(message.clone());
                }
                player.began = true;
                Ok(None)
            }
        }
    }

    /// A host call begins.
    ///
    /// # Errors
    /// Where a replay ends: it asks something else.
    pub(crate) fn asked(&self, function: &str, arguments: String, fuel: u64) -> Result<()> {
        let question = Question {
            function: function.to_owned(),
            arguments,
            fuel,
        };
        match &mut *self.reel() {
            Reel::Recording(recorder) => recorder.asked(&question),
            Reel::Replaying(player) => player.asked(question)?,
        }
        Ok(())
    }

    /// It ends; so many bytes were written to files until now.
    ///
    /// # Errors
    /// Where a replay ends: the recorded run was called off in this call.
    pub(crate) fn done(&self, file_bytes: u64) -> Result<()> {
        match &mut *self.reel() {
            Reel::Recording(recorder) => recorder.done(file_bytes),
            Reel::Replaying(player) => player.done()?,
        }
        Ok(())
    }

    /// In a replay, what wasmtime-wasi's function of that name answered then.
    pub(crate) fn replayed(
        &self,
        function: &str,
        memory: &mut [u8],
        arguments: &[i64],
    ) -> Option<Result<i32>> {
        match &mut *self.reel() {
            Reel::Recording(_) => None,
            Reel::Replaying(player) => Some(player.answered(function, arguments, memory)),
        }
    }

    /// In a recording, keeps what it answered.
    pub(crate) fn answered(
        &self,
        function: &str,
        memory: &[u8],
        arguments: &[i64],
        result: &Result<i32>,
    ) {
        if let Reel::Recording(recorder) = &mut *self.reel() {
            recorder.answered(function, arguments, memory, result);
        }
    }

    /// Bytes from outside that are not wasmtime-wasi's.
    ///
    /// # Errors
    /// When the outside has none, or the replay ends.
    pub(crate) fn bytes(
        &self,
        function: &str,
        to: &mut [u8],
        outside: impl FnOnce(&mut [u8]) -> Result<()>,
    ) -> Result<()> {
        match &mut *self.reel() {
            Reel::Recording(recorder) => {
                outside(to)?;
                recorder.keep(function, 0, None, to.to_vec());
                Ok(())
            }
            Reel::Replaying(player) => player.bytes(function, to),
        }
    }

    /// Whether it stands for the outside.
    pub(crate) fn replays(&self) -> bool {
        matches!(&*self.reel(), Reel::Replaying(_))
    }

    /// In a replay, the value that was answered then.
    ///
    /// # Errors
    /// What ended the run then, or where the replay ends.
    pub(crate) fn told<T: Kept>(&self, function: &str) -> Result<Option<T>> {
        match &mut *self.reel() {
            Reel::Recording(_) => Ok(None),
            Reel::Replaying(player) => player.told(function).map(Some),
        }
    }

    /// In a recording, keeps a value that was answered, or what ended the run instead.
    pub(crate) fn keep<T: Kept>(&self, function: &str, answer: &Result<T>) {
        let Reel::Recording(recorder) = &mut *self.reel() else {
            return;
        };
        match answer {
            Ok(value) => recorder.keep(function, 0, None, packed(value)),
            Err(error) => {
                let full = matches!(error.downcast_ref(), Some(ResourceTableError::Full));
                let text = error.root_cause().to_string();
                recorder.keep(
                    function,
                    if full { FULL } else { 0 },
                    Some(text),
                    Vec::new(),
                );
            }
        }
    }

    /// What goes on beside the guest has its turn; in a host call that waits it has many.
    pub(crate) fn turn(&self) {
        match &mut *self.reel() {
            Reel::Recording(recorder) => recorder.turn += 1,
            Reel::Replaying(player) => player.turn += 1,
        }
    }

    /// In a replay, goes on to the turn of this host call in which something happened next;
    /// whether there is one.
    pub(crate) fn next_turn(&self) -> bool {
        match &mut *self.reel() {
            Reel::Recording(_) => false,
            Reel::Replaying(player) => player.next_turn(),
        }
    }

    /// In a recording, keeps that something happened, which nobody asked for at that moment.
    /// `kind` begins with [`EVENT`]; `id` tells it from others of its kind.
    pub(crate) fn happened<T: Kept>(&self, kind: &str, id: u32, what: &T) {
        debug_assert!(kind.starts_with(EVENT), "{kind}");
        if let Reel::Recording(recorder) = &mut *self.reel() {
            let mut bytes = packed(&recorder.turn);
            what.put(&mut bytes);
            recorder.keep(kind, id.cast_signed(), None, bytes);
        }
    }

    /// In a replay, what happened next, if it is this, and in the host call that goes on.
    pub(crate) fn happens<T: Kept>(&self, kind: &str, id: u32) -> Option<T> {
        match &mut *self.reel() {
            Reel::Recording(_) => None,
            Reel::Replaying(player) => player.happens(kind, id.cast_signed()),
        }
    }

    /// Whether it is the next that happens.
    pub(crate) fn is_next(&self, kind: &str, id: u32) -> bool {
        match &*self.reel() {
            Reel::Recording(_) => false,
            Reel::Replaying(player) => player.is_next(kind, id.cast_signed()),
        }
    }

    /// Whether a replay's next answer is this function's, in the host call that goes on.
    pub(crate) fn answers(&self, function: &str) -> bool {
        match &*self.reel() {
            Reel::Recording(_) => false,
            Reel::Replaying(player) => player.answers(function),
        }
    }

    /// In a replay, whether something that is waited for beside host calls comes now: it came when
    /// so much fuel was used.
    pub(crate) fn comes(&self, kind: &str, id: u32, fuel: u64) -> bool {
        match &mut *self.reel() {
            Reel::Recording(_) => false,
            Reel::Replaying(player) => player.comes(kind, id.cast_signed(), fuel),
        }
    }

    /// How many answers a replay has given.
    pub(crate) fn given(&self) -> usize {
        match &*self.reel() {
            Reel::Recording(_) => 0,
            Reel::Replaying(player) => player.given(),
        }
    }

    /// Ends a replay that waits for what does not happen: nothing is waited for in it.
    pub(crate) fn stuck(&self) -> wasmtime::Error {
        match &mut *self.reel() {
            Reel::Recording(_) => wasmtime::Error::msg("nothing is left to wait for"),
            Reel::Replaying(player) => player.stuck().into(),
        }
    }

    /// Whether a replay has come to its end, whatever still goes on.
    pub(crate) fn has_ended(&self) -> bool {
        match &*self.reel() {
            Reel::Recording(_) => false,
            Reel::Replaying(player) => player.stop.is_some(),
        }
    }

    /// What comes next can't be kept: there is no recording of this run.
    ///
    /// # Errors
    /// Where a replay ends: no recording holds the like.
    pub(crate) fn keeps_no_network(&self) -> Result<()> {
        match &mut *self.reel() {
            Reel::Recording(recorder) => {
                recorder.gives_up();
                Ok(())
            }
            Reel::Replaying(player) => {
                let why = "recordings hold nothing of the network by WASI 0.3";
                Err(player.unanswered(why).into())
            }
        }
    }

    /// Ends a replay that gives something else to its outside than then.
    pub(crate) fn differs(&self, why: &str) {
        if let Reel::Replaying(player) = &mut *self.reel() {
            player.unanswered(why);
        }
    }

    /// The run is over: what is cleared away after it is not part of it.
    pub(crate) fn close(&self) {
        if let Reel::Recording(recorder) = &mut *self.reel() {
            recorder.closed = true;
        }
    }
}

/// The error number of an answer that was [`ResourceTableError::Full`], which ends a run in a way
/// of its own.
pub(super) const FULL: i32 = -1;

/// How the names begin of what happens, in place of a function's. Its bytes begin with the turn in
/// which it did.
pub(super) const EVENT: &str = "event: ";

impl fmt::Debug for Tape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tape")
    }
}

/// In a replay, the value that was answered then.
///
/// # Errors
/// As [`Tape::told`].
pub(crate) fn told<T: Kept>(tape: Option<&Tape>, function: &str) -> Result<Option<T>> {
    tape.map_or(Ok(None), |tape| tape.told(function))
}

/// In a recording, keeps it.
pub(crate) fn keep<T: Kept>(tape: Option<&Tape>, function: &str, answer: &Result<T>) {
    if let Some(tape) = tape {
        tape.keep(function, answer);
    }
}

/// What the outside answers, or answered then: the expression is worked out only where there is
/// an outside.
macro_rules! kept {
    ($state:expr, $function:expr, $outside:expr) => {
        match $crate::record::told($state.tape.as_ref(), $function) {
            Ok(Some(then)) => Ok(then),
            Err(error) => Err(error),
            Ok(None) => {
                let answer: wasmtime::Result<_> = $outside;
                $crate::record::keep($state.tape.as_ref(), $function, &answer);
                answer
            }
        }
    };
}
pub(crate) use kept;

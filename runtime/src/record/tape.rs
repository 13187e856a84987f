//! The seam between a run and its outside.

use super::calls::Question;
use super::player::Player;
use super::recorder::Recorder;
use super::recording::Recording;
use crate::sandbox::Largest;
use policies::{DirectoryGrant, GuestPath};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use wasmtime::Result;

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
}

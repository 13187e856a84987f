//! What keeps a validation from being done.

use std::borrow::Cow;
use std::fmt::Display;

/// The machine could not do its part, or was told to stop. No judgement of the tool.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ValidationError {
    /// It was called off.
    #[error("the validation was called off")]
    Cancelled,
    /// Disk, processes, memory.
    #[error(
        "{doing} failed: {reason}; see that there is room on the disk and that `wasm-runner doctor` finds nothing missing"
    )]
    Machine {
        /// What was being done.
        doing: Cow<'static, str>,
        /// The system's reason.
        reason: String,
    },
}

impl ValidationError {
    pub(crate) fn machine<E: Display>(doing: &'static str) -> impl FnOnce(E) -> Self {
        move |error| Self::Machine {
            doing: Cow::Borrowed(doing),
            reason: error.to_string(),
        }
    }
}

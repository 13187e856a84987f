//! Recording a run and running it again without the outside.
//!
//! A run asks its host one question after the other. What a policy makes certain (arguments,
//! input, virtual clocks, seeded randomness) is worked out anew each time; the rest comes from
//! outside: real clocks and randomness, folders and files. A [`Tape`] lies at exactly that seam.
//! While it records, it keeps each answer from outside; while it replays, it gives them back and
//! nothing outside is asked, so all that lies above the seam (limits, counts, what was denied)
//! is worked out again and can be compared.
//!
//! Each question is kept in words without addresses of the guest's memory ([`mod@question`]), so a
//! module that was built anew and does the same asks the same; the first that differs is where a
//! replay diverges.

mod calls;
mod compare;
mod file;
mod kept;
mod observe;
mod outputs;
mod player;
mod question;
mod recorder;
mod recording;
mod tape;
#[cfg(test)]
mod tests;
mod world;

pub use compare::{Difference, Divergence, FuelDifference, Replayed, Verdict};
pub use file::RecordingError;
pub(crate) use kept::{Kept, lists};
pub use observe::{Observed, ObservedPath, Touch};
pub(crate) use question::{hash, question, quoted};
pub use recording::{NotRecorded, Recording};
pub(crate) use tape::{Tape, keep, kept, told};
pub(crate) use world::Told;

//! Proposals and their validation: `ValidationService`.

mod hub;
mod queue;
mod service;
mod validate;

pub(crate) use queue::Queue;
pub(crate) use service::ValidationApi;
pub(crate) use validate::Attesting;
pub use validate::{Background, Judged, Validate};

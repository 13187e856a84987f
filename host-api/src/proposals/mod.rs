//! Proposals and their validation: `ValidationService`.

mod hub;
mod queue;
mod service;
mod validate;

pub(crate) use queue::Queue;
pub(crate) use service::ValidationApi;
pub use validate::{Judged, Validate};

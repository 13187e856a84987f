//! Runs one WASI module or component under one policy, once, and says what happened.
//!
//! A [`Sandbox`] compiles modules and components ([`Sandbox::load`]); a [`Tool`] is one of them; each
//! [`Tool::run`] is a fresh instance under the policy of its [`Call`] and gives an [`Execution`].
//! Whatever the guest does is data in that result, never an error or a panic of this crate.
//! [`Tool::record`] also keeps what the run's outside told it, and [`Tool::replay`] runs it again
//! from that [`Recording`] alone.
//!
//! Modules are WASI preview 1 commands, components WASI 0.2 commands or tools ([`Form`]). Each of
//! their calls into the host passes a function of the private modules `host` or `component`, which
//! counts, limits and records, and then lets wasmtime-wasi do the work; folders are opened by its
//! capability-based file system.

mod cache;
mod call;
mod component;
mod digest;
mod entry;
mod error;
mod execution;
mod host;
mod key;
mod limiter;
mod network;
mod probe;
mod record;
mod run;
mod sandbox;
mod sweep;
mod tool;

pub use call::{Call, Chunk, LiveInput, Stream};
pub use digest::{Digest, ParseDigestError};
pub use error::{LoadError, SandboxError};
pub use execution::{Captured, DeniedAttempt, Execution, Frame, Outcome, OutcomeKind, Rule, Usage};
pub use key::{InstallationKey, Rotation};
pub use network::{Resolver, SystemResolver};
pub use probe::Probe;
pub use record::{
    Difference, Divergence, FuelDifference, NotRecorded, Observed, ObservedPath, Recording,
    RecordingError, Replayed, Touch, Verdict,
};
pub use sandbox::{Occupancy, Sandbox, SandboxConfig};
pub use sweep::{CodeCache, Swept};
pub use tokio_util::sync::CancellationToken;
pub use tool::{Form, Tool};

/// The version of the WebAssembly engine.
pub const WASMTIME_VERSION: &str = "48.0.8";

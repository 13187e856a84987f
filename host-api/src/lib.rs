//! The service: gRPC over validation, knowledge base and runtime.
//!
//! [`Server::bind`] opens a data folder and listens; [`BoundServer::serve`] serves until it is told
//! to stop. The protocol `wasm_runner.v1` is in [`proto`], and [`convert`] goes between its
//! messages and the types of the crates below, in both directions, for clients too.
//!
//! ```text
//!  ExecutionService ─▶ calls ─────▶ runtime        one instance a call, under ceiling ∩ grant ∩ call
//!  ValidationService ▶ proposals ─▶ validation     a durable queue, progress for any watcher
//!  KnowledgeService ─▶ knowledge ─▶ kbi            states, decisions, events
//! ```
//!
//! A tool's failure is data in its [`Execution`](proto::Execution), never a gRPC error; errors
//! follow the conventions of google.rpc, and no path of the machine is told to callers.

mod breaker;
mod calls;
pub mod client;
pub mod convert;
mod error;
mod http;
mod knowledge;
mod metrics;
mod pressure;
mod proposals;
pub mod proto;
mod remediation;
mod server;
mod status;
mod store;
pub mod telemetry;

pub use error::ServerError;
pub use metrics::{METRICS, Metric, MetricKind, MetricUnit, metrics_page};
pub use pressure::MemoryGuard;
pub use proposals::{Background, Judged, Validate};
pub use remediation::{Remediation, Secret, SecretError};
pub use runtime::CancellationToken;
pub use runtime::Swept;
pub use server::{
    BackupError, BoundServer, KeptBackup, NewKey, Restored, RunningCalls, Server, ServerConfig,
    back_up, back_up_into, is_served, key_fingerprint, restore, rotate_key, sweep_cache,
};
pub use status::ERROR_DOMAIN;

/// The largest message that clients should be ready to take: an execution with a large output,
/// or a report with many findings. (Clients of tonic take 4 MiB unless told otherwise.)
pub const MAX_RESPONSE_BYTES: usize = 64 * 1024 * 1024;

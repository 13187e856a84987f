//! The service over real TCP, with the generated clients.
#![allow(
    clippy::async_yields_async,
    clippy::format_collect,
    clippy::similar_names,
    clippy::single_match_else,
    clippy::unnecessary_wraps,
    reason = "helpers of tests give what messages take, and calls that go on while others begin"
)]

mod calls;
mod cancel;
mod common;
mod folders;
mod forms;
mod hostile;
mod knowledge;
mod life;
mod metrics;
mod pressure;
mod proposals;
mod remediation;

//! What an operator sees of the service beside its metrics: logs and traces.
//!
//! Both are of the process, not of one service: the program sets them up before it starts one.

mod counts;

pub use counts::LogCounter;
pub(crate) use counts::{log_lines, spans};

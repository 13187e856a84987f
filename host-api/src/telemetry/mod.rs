//! What an operator sees of the service beside its metrics: logs and traces.
//!
//! Both are of the process, not of one service: the program [installs](install) them before it
//! starts one.

mod context;
mod counts;
mod level;
mod lines;
mod setup;
mod traces;
mod visible;

pub(crate) use context::{Origins, note_run, request_span};
pub use counts::LogCounter;
pub(crate) use counts::{log_lines, spans};
pub use level::{LevelError, LogLevel};
pub use lines::{LogForm, LogLines};
pub use setup::install;
pub use traces::{Traces, TracesError};

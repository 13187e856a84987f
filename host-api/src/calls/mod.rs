//! Calls of tools: `ExecutionService`.

mod deadline;
mod io;
mod policy;
mod run;
mod service;
mod tools;

pub(crate) use policy::Ceiling;
pub(crate) use run::{Calls, tool_name};
pub(crate) use service::ExecutionApi;
pub(crate) use tools::Tools;

#![doc = include_str!("../README.md")]
#![expect(
    clippy::test_attr_in_doctest,
    reason = "the README shows a tool with its tests"
)]

#[cfg(target_os = "wasi")]
mod component;
mod error;
mod folder;
mod log;
mod manifest;
mod place;
mod program;
pub mod testing;

pub use error::ToolError;
pub use folder::folder;
pub use wasm_runner_sdk_macros::tool;

/// What most tools use: `use wasm_runner_sdk::prelude::*;`.
pub mod prelude {
    pub use crate::{ToolError, debug, error, folder, info, tool, warn};
    pub use schemars::JsonSchema;
    pub use serde::{Deserialize, Serialize};
}

/// What the code of the macros calls; no part of the interface.
#[doc(hidden)]
pub mod __private {
    pub use crate::log::{field, line};
    pub use crate::manifest::{Manifest, input_schema, output_schema};
    pub use crate::program::run;
}

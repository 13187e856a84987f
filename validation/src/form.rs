//! What a tool is compiled to.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a tool is compiled to: one of two forms that do the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// A WASI preview 1 command: JSON on standard input, JSON on standard output.
    #[default]
    Command,
    /// A component: of the world `ocode:tool/tool` where the tool is written with the SDK, else
    /// a command of `wasi:cli/command`.
    Component,
}

impl Form {
    /// Both, as they are written in a package's `Cargo.toml`.
    pub(crate) const ALL: [Self; 2] = [Self::Command, Self::Component];

    /// Its name: `command` or `component`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::Component => "component",
        }
    }
}

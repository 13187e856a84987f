//! What an agent proposes.

mod check;
mod read;

pub(crate) use check::check_path;
pub use check::{FieldViolation, ProposalError};

use crate::Manifest;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A tool as an agent proposes it. Field names are the agent architecture's.
///
/// This is the author's part only; status, results and times are the knowledge base's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProposedTool {
    /// The tool's identity over all its versions; chosen by the knowledge base when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_id: Option<Uuid>,
    /// `[a-z][a-z0-9_-]{0,63}`.
    pub name: String,
    /// Semantic version.
    pub version: semver::Version,
    /// One paragraph for people and agents that choose a tool; may be empty, as the manifest's
    /// is the one that holds once the tool is validated.
    #[serde(default)]
    pub description: String,
    /// The function's signature, for people.
    #[serde(default)]
    pub signature: String,
    /// The source of a tool of one file (`src/main.rs`); empty when `files` has it.
    #[serde(default)]
    pub source_code: String,
    /// Tests of a tool of one file: the body of `mod tests` (`use super::*;`).
    #[serde(default)]
    pub test_code: String,
    /// Markdown.
    #[serde(default)]
    pub documentation: String,
    /// Language of the source.
    pub language: Language,
    /// Dependencies when `files` has no `Cargo.toml`: `name`, `name@requirement`, or a
    /// whole line of a `[dependencies]` table.
    #[serde(default)]
    pub dependencies: Vec<String>,
    /// Sources of more than one file, and `fixtures/…` for tests.
    #[serde(default)]
    pub files: Vec<SourceFile>,
    /// The manifest, for tools that do not print their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub specification: Option<Manifest>,
    /// What wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generator: Option<Generator>,
    /// Which agent proposes it.
    #[serde(default)]
    pub generated_by_agent_id: String,
}

/// One file of a proposal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceFile {
    /// Relative, with `/`, without `.` or `..`.
    pub path: String,
    /// UTF-8 text.
    pub content: String,
}

/// Which model wrote a proposal, told what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Generator {
    /// The model's name and version.
    pub model: String,
    /// The prompt's version.
    pub prompt_version: String,
}

/// Languages that there is a builder for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Language {
    /// Rust, built by cargo for wasm32-wasip1.
    Rust,
}

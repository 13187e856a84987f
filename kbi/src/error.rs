//! Everything that can go wrong.

use crate::{Digest, IllegalMove, ProposalId, State};
use semver::Version;
use std::path::PathBuf;
use uuid::Uuid;

/// Why something could not be answered or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KbiError {
    /// No such proposal.
    #[error("there is no proposal {id}")]
    UnknownProposal {
        /// The id asked for.
        id: ProposalId,
    },
    /// No version of such a tool was ever proposed.
    #[error("there is no tool `{name}`")]
    UnknownTool {
        /// The name asked for.
        name: String,
    },
    /// No tool with such an identity.
    #[error("there is no tool with the id {tool_id}")]
    UnknownToolId {
        /// The identity asked for.
        tool_id: Uuid,
    },
    /// The tool is known, this version was never proposed.
    #[error("the tool `{name}` has no version {version}")]
    UnknownVersion {
        /// The tool.
        name: String,
        /// The version asked for.
        version: Version,
    },
    /// No such module.
    #[error("there is no artifact {digest}")]
    UnknownArtifact {
        /// The digest asked for.
        digest: Digest,
    },
    /// There is no report yet.
    #[error("the proposal {id} has no report yet: its state is `{state}`")]
    NotValidated {
        /// The proposal.
        id: ProposalId,
        /// Where it stands.
        state: State,
    },
    /// The named version may not be called.
    #[error("version {version} of the tool `{name}` is not active: its state is `{state}`")]
    NotActive {
        /// The tool.
        name: String,
        /// The version asked for.
        version: Version,
        /// Where it stands.
        state: State,
    },
    /// No version was named, and none may be called.
    #[error("the tool `{name}` has no active version{}", pre_release_hint(.pre_releases))]
    NoActiveVersion {
        /// The tool.
        name: String,
        /// Active pre-releases, the highest first, which answer only to their own version.
        pre_releases: Vec<Version>,
    },
    /// Nobody vouched for what its validation came to.
    #[error(
        "there are no attestations of proposal {id}: it was not built, or was validated before \
         there were any; propose a new version to have one attested"
    )]
    NotAttested {
        /// The proposal.
        id: ProposalId,
    },
    /// The same name and version is known with other content.
    #[error(
        "version {version} of the tool `{name}` is known with other content (proposal {known}, \
         state `{state}`): raise the version"
    )]
    Conflict {
        /// The tool.
        name: String,
        /// The version.
        version: Version,
        /// The proposal that has it.
        known: ProposalId,
        /// Where that one stands.
        state: State,
    },
    /// The proposal names another identity than the tool's.
    #[error(
        "the tool `{name}` has the id {known}, the proposal says {given}: leave `tool_id` out, or \
         choose another name for another tool"
    )]
    ToolIdMismatch {
        /// The tool.
        name: String,
        /// Its identity.
        known: Uuid,
        /// What the proposal says.
        given: Uuid,
    },
    /// The proposal names the identity of a tool with another name.
    #[error(
        "the id {tool_id} is that of the tool `{known}`, the proposal is for `{name}`: leave \
         `tool_id` out"
    )]
    ToolIdTaken {
        /// The identity.
        tool_id: Uuid,
        /// The tool that has it.
        known: String,
        /// The name of the proposal.
        name: String,
    },
    /// The move is not possible in the present state.
    #[error("proposal {id}: {source}")]
    IllegalMove {
        /// The proposal.
        id: ProposalId,
        /// The state and the move.
        source: IllegalMove,
    },
    /// What a validation came to does not fit the proposal, or not together.
    #[error("the outcome of validating proposal {id} does not fit: {problem}")]
    OutcomeMismatch {
        /// The proposal.
        id: ProposalId,
        /// What does not fit.
        problem: String,
    },
    /// Something given can't be kept.
    #[error("`{field}` {problem}")]
    InvalidInput {
        /// What: a field path such as `version` or `attribution.by`.
        field: String,
        /// What is wrong with it, and what is expected.
        problem: String,
    },
    /// What was kept is not what was written.
    #[error("{what} is corrupt: {problem}; restore the knowledge base from a backup")]
    Corrupt {
        /// What.
        what: String,
        /// How it shows.
        problem: String,
    },
    /// The database was written by a newer version of this program.
    #[error(
        "{} has schema {found}, this program knows up to {supported}: use the newer program, or \
         a backup from before",
        path.display()
    )]
    NewerSchema {
        /// The file.
        path: PathBuf,
        /// Its schema's version.
        found: i64,
        /// The highest version known here.
        supported: i64,
    },
    /// The file holds something else.
    #[error("{} is no knowledge base: {problem}; give another path", path.display())]
    NotAKnowledgeBase {
        /// The file.
        path: PathBuf,
        /// How it shows.
        problem: String,
    },
    /// The file can't be opened or made.
    #[error("can't open the knowledge base {}: {source}; check that its folder exists and may be written", path.display())]
    CannotOpen {
        /// The file.
        path: PathBuf,
        /// What the storage says.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The database can be read but not written.
    #[error(
        "the knowledge base is read-only ({action}): check the permissions of file and folder, and the mount"
    )]
    ReadOnly {
        /// What was being done.
        action: &'static str,
    },
    /// The disk, or the space allowed, is full. Nothing was written.
    #[error("no space left for the knowledge base ({action}): free some and try again")]
    Full {
        /// What was being done.
        action: &'static str,
    },
    /// Another writer held the database for too long. Nothing was written.
    #[error("the knowledge base is held by another process ({action}): try again")]
    Busy {
        /// What was being done.
        action: &'static str,
    },
    /// Anything else that the storage says.
    #[error("the knowledge base's storage failed ({action}): {source}")]
    Storage {
        /// What was being done.
        action: &'static str,
        /// What the storage says.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

fn pre_release_hint(versions: &[Version]) -> String {
    if versions.is_empty() {
        return String::new();
    }
    let names: Vec<_> = versions.iter().map(Version::to_string).collect();
    format!(
        " but pre-releases, which must be named: {}",
        names.join(", ")
    )
}

/// What kind of answer an error is; made for the mapping to gRPC statuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// What was asked for does not exist (`NOT_FOUND`).
    NotFound,
    /// It exists otherwise (`ALREADY_EXISTS`).
    Conflict,
    /// The present state does not allow it (`FAILED_PRECONDITION`).
    FailedPrecondition,
    /// What was given is wrong whatever the state (`INVALID_ARGUMENT`).
    InvalidInput,
    /// Another try may succeed (`UNAVAILABLE`).
    Unavailable,
    /// No space (`RESOURCE_EXHAUSTED`).
    ResourceExhausted,
    /// What was kept is damaged (`DATA_LOSS`).
    Corrupt,
    /// The storage or its set-up is at fault (`INTERNAL`).
    Internal,
}

impl KbiError {
    /// What kind of answer this is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::UnknownProposal { .. }
            | Self::UnknownTool { .. }
            | Self::UnknownToolId { .. }
            | Self::UnknownVersion { .. }
            | Self::UnknownArtifact { .. }
            | Self::NotAttested { .. } => ErrorKind::NotFound,
            Self::Conflict { .. } | Self::ToolIdMismatch { .. } | Self::ToolIdTaken { .. } => {
                ErrorKind::Conflict
            }
            Self::NotValidated { .. }
            | Self::NotActive { .. }
            | Self::NoActiveVersion { .. }
            | Self::IllegalMove { .. } => ErrorKind::FailedPrecondition,
            Self::InvalidInput { .. } => ErrorKind::InvalidInput,
            Self::Busy { .. } => ErrorKind::Unavailable,
            Self::Full { .. } => ErrorKind::ResourceExhausted,
            Self::Corrupt { .. } => ErrorKind::Corrupt,
            Self::OutcomeMismatch { .. }
            | Self::NewerSchema { .. }
            | Self::NotAKnowledgeBase { .. }
            | Self::CannotOpen { .. }
            | Self::ReadOnly { .. }
            | Self::Storage { .. } => ErrorKind::Internal,
        }
    }
}

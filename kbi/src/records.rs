//! What is put in and what comes out.

use crate::{Digest, Move, ProposalId, State};
use jiff::Timestamp;
use policies::Policy;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use validation::{Language, Manifest, ProposedTool, ValidationReport, Verdict};

/// Who does something, and why. It goes into the audit log with each move.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attribution {
    /// A person, agent or part of the service: 1 to 256 bytes.
    pub by: String,
    /// Why: 1 to 4096 bytes.
    pub reason: String,
}

impl Attribution {
    /// The most bytes of `by`.
    pub const MAX_BY: usize = 256;
    /// The most bytes of `reason`.
    pub const MAX_REASON: usize = 4096;

    /// From its parts; whether they are within their bounds is checked where it is used.
    pub fn new(by: impl Into<String>, reason: impl Into<String>) -> Self {
        Self {
            by: by.into(),
            reason: reason.into(),
        }
    }
}

/// The answer to a proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposed {
    /// The proposal's id: the same each time the same content is proposed.
    pub id: ProposalId,
    /// The tool's identity over all its versions.
    pub tool_id: Uuid,
    /// Where it stands: `proposed` when it is new, else wherever it has come to.
    pub state: State,
    /// The very same content was proposed before; nothing was written.
    pub already_known: bool,
}

/// The answer to the beginning of a validation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Started {
    /// A validation that had begun before was cut off, and begins anew.
    pub resumed: bool,
    /// How often this proposal's validation has begun, this time included. One that grows with
    /// each start of the service points at a proposal that brings the service down.
    pub attempt: u32,
}

/// What a validation came to.
#[derive(Clone, Copy, Debug)]
pub struct ValidationOutcome<'a> {
    /// The report, for the same name and version as the proposal's.
    pub report: &'a ValidationReport,
    /// The module, if it was built; its SHA-256 is the report's `artifact_digest`.
    pub artifact: Option<&'a [u8]>,
    /// The manifest, if it came to be known.
    pub manifest: Option<&'a Manifest>,
    /// What activation grants.
    pub grant: &'a Policy,
    /// Signed statements about the module, one a line, by whoever validated it; only with a
    /// module. Whether they hold is for those who read them.
    pub attestations: Option<&'a str>,
}

/// One tool version in short.
#[derive(Clone, Debug, PartialEq)]
pub struct VersionRecord {
    /// Its proposal.
    pub proposal_id: ProposalId,
    /// The tool's identity over all its versions.
    pub tool_id: Uuid,
    /// Tool name.
    pub name: String,
    /// Tool version.
    pub version: semver::Version,
    /// One paragraph for people and agents that choose a tool: the manifest's once that is known,
    /// before that the proposal's.
    pub description: String,
    /// Language of the source.
    pub language: Language,
    /// The agent that proposed it, as it named itself; may be empty.
    pub generated_by_agent_id: String,
    /// SHA-256 of the proposal's content.
    pub content_digest: Digest,
    /// Where it stands.
    pub state: State,
    /// The verdict, when validated.
    pub verdict: Option<Verdict>,
    /// How sure the verdict is, 0 to 1, when validated.
    pub confidence: Option<f64>,
    /// The module, when it was built.
    pub artifact: Option<Digest>,
    /// When it was proposed.
    pub created_at: Timestamp,
    /// When it last moved.
    pub updated_at: Timestamp,
}

/// The versions that stand in one state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateCensus {
    /// The state.
    pub state: State,
    /// How many there are; at least 1.
    pub versions: u64,
    /// When the one of them that moved longest ago came into this state.
    pub oldest: Timestamp,
}

/// One tool version in full, without its module and report.
#[derive(Clone, Debug, PartialEq)]
pub struct ProposalRecord {
    /// In short.
    pub version: VersionRecord,
    /// What was proposed, unchanged.
    pub tool: ProposedTool,
    /// What the tool says of itself, when validated.
    pub manifest: Option<Manifest>,
    /// What activation grants or granted, when validated.
    pub grant: Option<Policy>,
}

/// What is needed to call a tool.
#[derive(Clone, Debug, PartialEq)]
pub struct ActiveTool {
    /// Its proposal.
    pub proposal_id: ProposalId,
    /// The tool's identity over all its versions.
    pub tool_id: Uuid,
    /// Tool name.
    pub name: String,
    /// The version that answers.
    pub version: semver::Version,
    /// The module; see [`KnowledgeBase::artifact`](crate::KnowledgeBase::artifact).
    pub artifact: Digest,
    /// What the tool says of itself.
    pub manifest: Manifest,
    /// What its approval granted.
    pub grant: Policy,
}

/// One row of the audit log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// Its number, the same as its event's: strictly increasing over the whole knowledge base.
    pub sequence: u64,
    /// Which proposal.
    pub proposal_id: ProposalId,
    /// What happened.
    #[serde(rename = "move")]
    pub by_move: Move,
    /// The state before; absent for the first move.
    pub from: Option<State>,
    /// The state after.
    pub to: State,
    /// Who did it and why.
    pub attribution: Attribution,
    /// When.
    pub time: Timestamp,
}

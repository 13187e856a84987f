//! The contract.

use crate::{
    ActiveTool, Attribution, AuditEntry, Decision, Digest, Event, Filter, KbiError, Page,
    PageRequest, ProposalId, ProposalRecord, Proposed, Started, State, StateCensus,
    ValidationOutcome, VersionRecord,
};
use jiff::Timestamp;
use semver::Version;
use uuid::Uuid;
use validation::{ProposedTool, TrackRecord, ValidationReport};

/// What is known about tools.
///
/// Synchronous and thread-safe: every method may block on a disk or a network, so asynchronous
/// callers wrap it in `spawn_blocking`. What a method answered with `Ok` is durable: it is there
/// after the process or the machine is killed. What it answered with `Err` has left no trace
/// (save for a lost connection to a remote database, where asking again tells).
///
/// # Versions
/// Two versions that differ in build metadata only (`1.0.0+a`, `1.0.0+b`) have the same place in
/// the order of versions, so they are the same version here: the second one is a conflict.
///
/// # For implementors
/// All of `kbi/tests/conformance` must pass. Sequence numbers need care on a database with several
/// writers: a number taken from a sequence object becomes visible at commit, so that 8 may be
/// seen before 7, and a reader that goes on after 8 would never see 7. Take the number while
/// holding a lock that is kept until the commit (PostgreSQL: `pg_advisory_xact_lock`, or
/// `UPDATE counter SET value = value + 1 RETURNING value` on one row), which also leaves no gap
/// when a transaction is rolled back.
pub trait KnowledgeBase: Send + Sync {
    /// Takes a tool version in, as `proposed`.
    ///
    /// The same content again is answered with what is known, wherever it has come to (also when
    /// it failed or was rejected: what was found still holds; mend it and raise the version).
    /// Whether the proposal can be built at all is not judged here.
    ///
    /// A tool keeps one `tool_id` over all its versions: that of its first proposal, or, when that
    /// has none, one chosen here.
    ///
    /// # Errors
    /// [`KbiError::Conflict`] when the same name and version is known with other content,
    /// [`KbiError::ToolIdMismatch`] and [`KbiError::ToolIdTaken`] when its `tool_id` is not the
    /// tool's or another's, [`KbiError::InvalidInput`] when it can't be kept as it is.
    fn propose(&self, tool: &ProposedTool, by: &Attribution) -> Result<Proposed, KbiError>;

    /// Begins a validation, or begins it anew when it was cut off (`resume_validation`).
    ///
    /// # Errors
    /// [`KbiError::UnknownProposal`]; [`KbiError::IllegalMove`] when it is validated already.
    fn begin_validation(&self, id: ProposalId, by: &Attribution) -> Result<Started, KbiError>;

    /// Keeps what a validation came to and moves on as its verdict says: `passed`, `failed` or
    /// `review`. Report, module, manifest, grant and state are written together or not at all.
    ///
    /// # Errors
    /// [`KbiError::UnknownProposal`]; [`KbiError::IllegalMove`] when it is not validating;
    /// [`KbiError::OutcomeMismatch`] when the parts do not belong together or to this proposal;
    /// [`KbiError::InvalidInput`] when a part can't be kept as it is.
    fn finish_validation(
        &self,
        id: ProposalId,
        outcome: &ValidationOutcome<'_>,
        by: &Attribution,
    ) -> Result<State, KbiError>;

    /// Proposals whose validation is still owed (`proposed` or `validating`), the oldest first:
    /// what the service takes up at its start.
    ///
    /// # Errors
    /// Only those of the storage.
    fn unfinished(&self) -> Result<Vec<ProposalId>, KbiError>;

    /// Decides on a version in review (approval activates it), or rejects one that passed.
    ///
    /// # Errors
    /// [`KbiError::UnknownProposal`], [`KbiError::IllegalMove`].
    fn decide(
        &self,
        id: ProposalId,
        decision: Decision,
        by: &Attribution,
    ) -> Result<State, KbiError>;

    /// Activates a version that passed. Other active versions of the tool stay active: callers
    /// that name no version get the highest, those that name one go on getting it.
    ///
    /// # Errors
    /// [`KbiError::UnknownProposal`], [`KbiError::IllegalMove`].
    fn activate(&self, id: ProposalId, by: &Attribution) -> Result<State, KbiError>;

    /// Retires an active version. The highest of those still active answers from then on.
    ///
    /// # Errors
    /// [`KbiError::UnknownProposal`], [`KbiError::IllegalMove`].
    fn deprecate(&self, id: ProposalId, by: &Attribution) -> Result<State, KbiError>;

    /// Withdraws an active version. The highest of those still active answers from then on.
    ///
    /// # Errors
    /// [`KbiError::UnknownProposal`], [`KbiError::IllegalMove`].
    fn roll_back(&self, id: ProposalId, by: &Attribution) -> Result<State, KbiError>;

    /// One proposal in full.
    ///
    /// # Errors
    /// [`KbiError::UnknownProposal`], [`KbiError::Corrupt`].
    fn proposal(&self, id: ProposalId) -> Result<ProposalRecord, KbiError>;

    /// One version in short.
    ///
    /// # Errors
    /// [`KbiError::UnknownTool`], [`KbiError::UnknownVersion`].
    fn version(&self, name: &str, version: &Version) -> Result<VersionRecord, KbiError>;

    /// The name of the tool with this identity.
    ///
    /// # Errors
    /// [`KbiError::UnknownToolId`].
    fn tool_name(&self, tool_id: Uuid) -> Result<String, KbiError>;

    /// Versions in short: by name in byte order, the newest version of each name first.
    ///
    /// # Errors
    /// Only those of the storage.
    fn list(&self, filter: &Filter, page: &PageRequest) -> Result<Page<VersionRecord>, KbiError>;

    /// How many versions stand in each state, and since when the one that moved longest ago does.
    /// States that no version is in are left out. Looks at every version: ask when something moved.
    ///
    /// # Errors
    /// Only those of the storage.
    fn census(&self) -> Result<Vec<StateCensus>, KbiError>;

    /// What is needed to call a tool: the named version, or the highest active one.
    /// A pre-release is the answer only if it is named.
    ///
    /// Reads and checks its documents each time. Whoever asks for every call may keep the answer
    /// for as long as [`Self::last_event`] stays the same: nothing changes without an event.
    ///
    /// # Errors
    /// [`KbiError::UnknownTool`], [`KbiError::UnknownVersion`]; [`KbiError::NotActive`] when the
    /// named version may not be called; [`KbiError::NoActiveVersion`] when none was named and
    /// none is active; [`KbiError::Corrupt`].
    fn active(&self, name: &str, version: Option<&Version>) -> Result<ActiveTool, KbiError>;

    /// A module. Its digest is verified at each reading.
    ///
    /// # Errors
    /// [`KbiError::UnknownArtifact`], [`KbiError::Corrupt`].
    fn artifact(&self, digest: &Digest) -> Result<Vec<u8>, KbiError>;

    /// The report of a validation.
    ///
    /// # Errors
    /// [`KbiError::UnknownProposal`], [`KbiError::NotValidated`], [`KbiError::Corrupt`].
    fn report(&self, id: ProposalId) -> Result<ValidationReport, KbiError>;

    /// The signed statements about what a validation built and found, one a line, as they were
    /// given.
    ///
    /// # Errors
    /// [`KbiError::UnknownProposal`], [`KbiError::NotValidated`]; [`KbiError::NotAttested`] when
    /// there are none; [`KbiError::Corrupt`].
    fn attestations(&self, id: ProposalId) -> Result<String, KbiError>;

    /// What became of the versions that an agent has proposed since a time: those that passed (and
    /// may be active or retired by now), and those that failed, were rejected or withdrawn. What
    /// is not validated or waits for a person counts as neither. Nobody vouches for an agent's
    /// id: it is what proposals say.
    ///
    /// # Errors
    /// Only those of the storage.
    fn track_record(&self, agent_id: &str, since: Timestamp) -> Result<TrackRecord, KbiError>;

    /// Everything that happened to one proposal, the oldest first.
    ///
    /// # Errors
    /// [`KbiError::UnknownProposal`].
    fn audit(&self, id: ProposalId) -> Result<Vec<AuditEntry>, KbiError>;

    /// At most `limit` events with numbers above `sequence`, in order. Numbers start at 1 and
    /// have no gaps, and none appears below one that was already visible: whoever goes on after
    /// the last number seen misses nothing.
    ///
    /// # Errors
    /// Only those of the storage.
    fn events_after(&self, sequence: u64, limit: u32) -> Result<Vec<Event>, KbiError>;

    /// The number of the last event; 0 when there is none.
    ///
    /// # Errors
    /// Only those of the storage.
    fn last_event(&self) -> Result<u64, KbiError>;
}

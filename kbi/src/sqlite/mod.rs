//! The embedded knowledge base: one SQLite file.

mod backup;
mod failure;
mod objects;
mod open;
mod read;
mod rows;
mod verify;
mod write;

pub use backup::Contents;
pub use objects::MAX_OBJECT_BYTES;

use crate::content::{check_proposal, content_digest};
use crate::{
    ActiveTool, Attribution, AuditEntry, Clock, Decision, Digest, Event, Filter, KbiError,
    KnowledgeBase, Move, Page, PageRequest, ProposalId, ProposalRecord, Proposed, Started, State,
    StateCensus, SystemClock, ValidationOutcome, VersionRecord,
};
use failure::Failure;
use jiff::Timestamp;
use objects::Object;
use policies::Bytes;
use rusqlite::{Connection, TransactionBehavior};
use semver::Version;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use uuid::Uuid;
use validation::{ProposedTool, TrackRecord, ValidationReport};
use write::OutcomeObjects;

/// How many idle reading connections are kept.
const IDLE_READERS: usize = 8;

/// How the file is used.
#[derive(Clone)]
pub struct SqliteOptions {
    /// Where times come from.
    pub clock: Arc<dyn Clock>,
    /// How long to wait for another process that writes, before [`KbiError::Busy`].
    pub busy_timeout: Duration,
    /// How large the file may grow; more is [`KbiError::Full`]. `None`: as large as the disk.
    /// The write-ahead log beside it comes on top, by at most what one change writes.
    pub max_bytes: Option<Bytes>,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            busy_timeout: Duration::from_secs(10),
            max_bytes: None,
        }
    }
}

/// The knowledge base in one SQLite file (with its `-wal` and `-shm` beside it while open).
///
/// Everything is in the file, modules too: so a module and the row that names it are written by
/// one transaction, and one file is a whole backup ([`Self::back_up`]). Each change is on the disk
/// (`synchronous = FULL`) before it is answered.
///
/// One connection writes; readers have their own and never wait for it. Several processes may
/// open the same file on a local disk; network file systems are not supported, because their
/// locks can't be relied on.
pub struct SqliteKnowledgeBase {
    path: PathBuf,
    options: SqliteOptions,
    installation: Uuid,
    // Before the writer, for what closes last is to write the log back, which they can't.
    readers: Mutex<Vec<Connection>>,
    writer: Mutex<Connection>,
}

impl SqliteKnowledgeBase {
    /// Opens the file, which is made (readable for its owner only) if there is none, and brought
    /// to the present schema if it has an older one. The folder must exist.
    ///
    /// # Errors
    /// [`KbiError::CannotOpen`], [`KbiError::ReadOnly`], [`KbiError::NotAKnowledgeBase`],
    /// [`KbiError::NewerSchema`], [`KbiError::Corrupt`], [`KbiError::Busy`].
    pub fn open(path: &Path) -> Result<Self, KbiError> {
        Self::open_with(path, SqliteOptions::default())
    }

    /// [`Self::open`] with options.
    ///
    /// # Errors
    /// The same.
    pub fn open_with(path: &Path, options: SqliteOptions) -> Result<Self, KbiError> {
        let (writer, installation) = open::writer(path, &options)?;
        Ok(Self {
            path: path.to_owned(),
            options,
            installation,
            writer: Mutex::new(writer),
            readers: Mutex::new(Vec::new()),
        })
    }

    /// Looks for damage in all that is kept: SQLite's own structure, the digest of every object,
    /// and whether states, audit log and events agree. Each entry of the answer is one problem.
    /// Reads the whole file.
    ///
    /// # Errors
    /// Only when it can't be looked at.
    pub fn verify(&self) -> Result<Vec<String>, KbiError> {
        self.read("verifying", verify::problems)
    }

    /// Writes a copy to a file that does not exist yet, while others go on reading and writing:
    /// what was answered before the call is in it. [`Self::restore`] puts it back.
    ///
    /// # Errors
    /// [`KbiError::CannotOpen`] when there is a file already or none can be made;
    /// [`KbiError::Full`]; [`KbiError::Corrupt`].
    pub fn back_up(&self, to: &Path) -> Result<(), KbiError> {
        let connection = self
            .idle_reader()
            .map_err(|failure| failure.while_("backing up"))?;
        backup::write(&connection, to)
    }

    /// The id that the knowledge base was created with; part of its events' source.
    pub fn installation(&self) -> Uuid {
        self.installation
    }

    /// Runs one writing transaction, from the lock to the commit.
    fn transact<T>(
        &self,
        change: impl FnOnce(&Connection, Timestamp) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        // A panic while it was held has rolled its transaction back.
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let answer = change(&transaction, to_the_microsecond(self.options.clock.now()))?;
        transaction.commit()?;
        Ok(answer)
    }

    /// Asks one question of one snapshot.
    fn read<T>(
        &self,
        action: &'static str,
        question: impl FnOnce(&Connection) -> Result<T, Failure>,
    ) -> Result<T, KbiError> {
        let mut connection = self
            .idle_reader()
            .map_err(|failure| failure.while_(action))?;
        let answer = ask(&mut connection, question);
        // One whose storage failed is not kept.
        if !matches!(answer, Err(Failure::Sql(_))) {
            let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
            if readers.len() < IDLE_READERS {
                readers.push(connection);
            }
        }
        answer.map_err(|failure| failure.while_(action))
    }

    fn idle_reader(&self) -> Result<Connection, Failure> {
        let idle = self
            .readers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        idle.map_or_else(|| open::reader(&self.path, &self.options), Ok)
    }

    fn plain_move(
        &self,
        action: &'static str,
        id: ProposalId,
        by_move: Move,
        by: &Attribution,
    ) -> Result<State, KbiError> {
        self.change(action, by, |writing| writing.plain_move(id, by_move))
    }
}

impl std::fmt::Debug for SqliteKnowledgeBase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqliteKnowledgeBase")
            .field("path", &self.path)
            .field("installation", &self.installation)
            .finish_non_exhaustive()
    }
}

impl KnowledgeBase for SqliteKnowledgeBase {
    fn propose(&self, tool: &ProposedTool, by: &Attribution) -> Result<Proposed, KbiError> {
        check_proposal(tool)?;
        let digest = content_digest(tool);
        let proposal = Object::of_json(tool, "proposal")?;
        self.change("proposing", by, |writing| {
            writing.propose(tool, &digest, &proposal)
        })
    }

    fn begin_validation(&self, id: ProposalId, by: &Attribution) -> Result<Started, KbiError> {
        self.change("beginning a validation", by, |writing| {
            writing.begin_validation(id)
        })
    }

    fn finish_validation(
        &self,
        id: ProposalId,
        outcome: &ValidationOutcome<'_>,
        by: &Attribution,
    ) -> Result<State, KbiError> {
        let objects = OutcomeObjects::of(outcome)?;
        self.change("finishing a validation", by, |writing| {
            writing.finish_validation(id, outcome, &objects)
        })
    }

    fn unfinished(&self) -> Result<Vec<ProposalId>, KbiError> {
        self.read("listing unfinished validations", read::unfinished)
    }

    fn decide(
        &self,
        id: ProposalId,
        decision: Decision,
        by: &Attribution,
    ) -> Result<State, KbiError> {
        self.plain_move("deciding", id, decision.into(), by)
    }

    fn activate(&self, id: ProposalId, by: &Attribution) -> Result<State, KbiError> {
        self.plain_move("activating", id, Move::Activate, by)
    }

    fn deprecate(&self, id: ProposalId, by: &Attribution) -> Result<State, KbiError> {
        self.plain_move("deprecating", id, Move::Deprecate, by)
    }

    fn roll_back(&self, id: ProposalId, by: &Attribution) -> Result<State, KbiError> {
        self.plain_move("rolling back", id, Move::RollBack, by)
    }

    fn proposal(&self, id: ProposalId) -> Result<ProposalRecord, KbiError> {
        self.read("reading a proposal", |db| read::proposal(db, id))
    }

    fn version(&self, name: &str, version: &Version) -> Result<VersionRecord, KbiError> {
        self.read("reading a version", |db| read::version(db, name, version))
    }

    fn tool_name(&self, tool_id: Uuid) -> Result<String, KbiError> {
        self.read("reading a tool's name", |db| read::tool_name(db, tool_id))
    }

    fn list(&self, filter: &Filter, page: &PageRequest) -> Result<Page<VersionRecord>, KbiError> {
        self.read("listing", |db| read::list(db, filter, page))
    }

    fn census(&self) -> Result<Vec<StateCensus>, KbiError> {
        self.read("counting versions", read::census)
    }

    fn active(&self, name: &str, version: Option<&Version>) -> Result<ActiveTool, KbiError> {
        self.read("looking up a tool", |db| read::active(db, name, version))
    }

    fn artifact(&self, digest: &Digest) -> Result<Vec<u8>, KbiError> {
        self.read("reading an artifact", |db| read::artifact(db, digest))
    }

    fn report(&self, id: ProposalId) -> Result<ValidationReport, KbiError> {
        self.read("reading a report", |db| read::report(db, id))
    }

    fn attestations(&self, id: ProposalId) -> Result<String, KbiError> {
        self.read("reading attestations", |db| read::attestations(db, id))
    }

    fn track_record(&self, agent_id: &str, since: Timestamp) -> Result<TrackRecord, KbiError> {
        self.read("counting an agent's versions", |db| {
            read::track_record(db, agent_id, since)
        })
    }

    fn audit(&self, id: ProposalId) -> Result<Vec<AuditEntry>, KbiError> {
        self.read("reading the audit log", |db| read::audit(db, id))
    }

    fn events_after(&self, sequence: u64, limit: u32) -> Result<Vec<Event>, KbiError> {
        self.read("reading events", |db| {
            read::events_after(db, sequence, limit)
        })
    }

    fn last_event(&self) -> Result<u64, KbiError> {
        self.read("reading events", read::last_event)
    }
}

/// Asks within a transaction, which makes it one snapshot.
fn ask<T>(
    connection: &mut Connection,
    question: impl FnOnce(&Connection) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let snapshot = connection.transaction()?;
    let answer = question(&snapshot)?;
    snapshot.commit()?;
    Ok(answer)
}

/// What is kept of a time, so that what is answered is what will be read.
fn to_the_microsecond(time: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(time.as_microsecond()).expect("was in range, and nearer to zero")
}

/// A UUID of version 7 for this time.
fn new_uuid(time: Timestamp) -> Uuid {
    let millis = u64::try_from(time.as_millisecond()).unwrap_or(0);
    let nanos = u32::try_from(millis % 1000).expect("below 1000") * 1_000_000;
    Uuid::new_v7(uuid::Timestamp::from_unix(
        uuid::NoContext,
        millis / 1000,
        nanos,
    ))
}

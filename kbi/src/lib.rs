//! What is known about tools: proposals, artifacts, reports, decisions, active versions, events.
//!
//! [`KnowledgeBase`] is the contract: synchronous, thread-safe, without a database in its types.
//! [`SqliteKnowledgeBase`] is the embedded one, a single file that survives a crash at any moment.
//!
//! A tool version goes through the states of [`State`] by the moves of [`Move`], and
//! [`State::after`] is the only place that says which move is legal. Each move is one row of an
//! append-only audit log ([`AuditEntry`]: who, why, when) and one [`Event`], written together
//! with the new state or not at all.
//!
//! ```text
//! proposed ──begin──▶ validating ──pass──────────▶ passed ──activate──▶ active ──deprecate──▶ deprecated
//!                      │  ↻ resume                   │ reject             ▲   └──roll back───▶ rolled back
//!                      │                             ▼                    │
//!                      ├──fail──▶ failed          rejected                │
//!                      │                             ▲ reject             │
//!                      └──ask for review──────────▶ review ──approve──────┘
//! ```
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use kbi::{Attribution, KbiError, KnowledgeBase, SqliteKnowledgeBase};
//!
//! let folder = tempfile::tempdir()?;
//! let kb = SqliteKnowledgeBase::open(&folder.path().join("kbi.sqlite"))?;
//! let tool = serde_json::from_value(serde_json::json!({
//!     "name": "word-count", "version": "1.0.0", "description": "Counts words.", "language": "rust",
//!     "source_code": "fn main() {}",
//! }))?;
//! let agent = Attribution::new("agent-7", "asked for by a user");
//! let first = kb.propose(&tool, &agent)?;
//! let again = kb.propose(&tool, &agent)?;
//! assert!(!first.already_known && again.already_known);
//! assert_eq!(first.id, again.id);
//! assert!(matches!(kb.active("word-count", None), Err(KbiError::NoActiveVersion { .. })));
//! # Ok(())
//! # }
//! ```

mod clock;
mod content;
mod error;
mod event;
mod ids;
mod knowledge_base;
mod listing;
mod records;
mod sqlite;
mod state;
mod version_key;

pub use clock::{Clock, SystemClock};
pub use error::{ErrorKind, KbiError};
pub use event::{Event, EventData};
pub use ids::{ParseProposalIdError, ProposalId};
pub use knowledge_base::KnowledgeBase;
pub use listing::{Cursor, Filter, MAX_PAGE_SIZE, Page, PageRequest, ParseCursorError};
pub use records::{
    ActiveTool, Attribution, AuditEntry, ProposalRecord, Proposed, Started, StateCensus,
    ValidationOutcome, VersionRecord,
};
pub use runtime::Digest;
pub use sqlite::{Contents, MAX_OBJECT_BYTES, SqliteKnowledgeBase, SqliteOptions};
pub use state::{Decision, IllegalMove, Move, State, UnknownName, ValidationStatus};

//! Rows to records.

use crate::{
    ActiveTool, Attribution, AuditEntry, Digest, ProposalId, State, StateCensus, VersionRecord,
};
use jiff::Timestamp;
use rusqlite::types::Type;
use rusqlite::{Error, Row};
use semver::Version;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::str::FromStr;

/// The columns of [`version`], of `versions JOIN tools USING (name)`.
///
/// What the tool says of itself goes before what was said of it when it was proposed. A damaged
/// manifest is reported by whoever reads it whole; it must not keep a listing from being made.
pub(super) const VERSION: &str = "proposal_id, tool_id, name, version, coalesce((SELECT \
     CASE WHEN json_valid(CAST(bytes AS TEXT)) \
     THEN json_extract(CAST(bytes AS TEXT), '$.description') END \
     FROM objects WHERE digest = versions.manifest), description) AS description, language, \
     generated_by_agent_id, content_digest, state, verdict, confidence, artifact, created_at, \
     updated_at";

/// A tool version in short.
pub(super) fn version(row: &Row<'_>) -> rusqlite::Result<VersionRecord> {
    Ok(VersionRecord {
        proposal_id: parsed(row, "proposal_id")?,
        tool_id: parsed(row, "tool_id")?,
        name: row.get("name")?,
        version: parsed::<Version>(row, "version")?,
        description: row.get("description")?,
        language: from_name(row, "language", row.get("language")?)?,
        generated_by_agent_id: row.get("generated_by_agent_id")?,
        content_digest: parsed(row, "content_digest")?,
        state: parsed(row, "state")?,
        verdict: match row.get::<_, Option<String>>("verdict")? {
            Some(text) => Some(from_name(row, "verdict", text)?),
            None => None,
        },
        confidence: row.get("confidence")?,
        artifact: parsed_or_none(row, "artifact")?,
        created_at: time(row, "created_at")?,
        updated_at: time(row, "updated_at")?,
    })
}

/// What stands in one state.
pub(super) fn census(row: &Row<'_>) -> rusqlite::Result<StateCensus> {
    Ok(StateCensus {
        state: parsed(row, "state")?,
        versions: row.get::<_, i64>("versions")?.unsigned_abs(),
        oldest: time(row, "oldest")?,
    })
}

/// One row of the audit log.
pub(super) fn audit(row: &Row<'_>) -> rusqlite::Result<AuditEntry> {
    Ok(AuditEntry {
        sequence: row.get("sequence")?,
        proposal_id: parsed(row, "proposal_id")?,
        by_move: parsed(row, "move")?,
        from: parsed_or_none::<State>(row, "from_state")?,
        to: parsed(row, "to_state")?,
        attribution: Attribution {
            by: row.get("by")?,
            reason: row.get("reason")?,
        },
        time: time(row, "time")?,
    })
}

/// An active version, its documents still to be read.
pub(super) struct ActiveRow {
    proposal_id: ProposalId,
    tool_id: uuid::Uuid,
    name: String,
    pub(super) version: Version,
    pub(super) state: State,
    artifact: Option<Digest>,
    pub(super) manifest: Option<Digest>,
    pub(super) granted: Option<Digest>,
}

/// The columns of [`active`], of `versions JOIN tools USING (name)`.
pub(super) const ACTIVE: &str =
    "proposal_id, tool_id, name, version, state, artifact, manifest, granted";

pub(super) fn active(row: &Row<'_>) -> rusqlite::Result<ActiveRow> {
    Ok(ActiveRow {
        proposal_id: parsed(row, "proposal_id")?,
        tool_id: parsed(row, "tool_id")?,
        name: row.get("name")?,
        version: parsed(row, "version")?,
        state: parsed(row, "state")?,
        artifact: parsed_or_none(row, "artifact")?,
        manifest: parsed_or_none(row, "manifest")?,
        granted: parsed_or_none(row, "granted")?,
    })
}

impl ActiveRow {
    /// With its documents; `None` when it has no module, which the schema rules out.
    pub(super) fn with(
        self,
        manifest: validation::Manifest,
        grant: policies::Policy,
    ) -> Option<ActiveTool> {
        Some(ActiveTool {
            proposal_id: self.proposal_id,
            tool_id: self.tool_id,
            name: self.name,
            version: self.version,
            artifact: self.artifact?,
            manifest,
            grant,
        })
    }
}

/// The name that serde gives to a variant without data.
pub(super) fn name_of<T: Serialize>(variant: &T) -> String {
    match serde_json::to_value(variant) {
        Ok(serde_json::Value::String(name)) => name,
        other => unreachable!("variants without data are written as their name, not {other:?}"),
    }
}

fn from_name<T: DeserializeOwned>(
    row: &Row<'_>,
    column: &str,
    name: String,
) -> rusqlite::Result<T> {
    serde_json::from_value(serde_json::Value::String(name))
        .map_err(|error| conversion(row, column, error))
}

pub(super) fn parsed<T>(row: &Row<'_>, column: &str) -> rusqlite::Result<T>
where
    T: FromStr<Err: std::error::Error + Send + Sync + 'static>,
{
    let text: String = row.get(column)?;
    text.parse().map_err(|error| conversion(row, column, error))
}

pub(super) fn parsed_or_none<T>(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<T>>
where
    T: FromStr<Err: std::error::Error + Send + Sync + 'static>,
{
    match row.get::<_, Option<String>>(column)? {
        Some(text) => text
            .parse()
            .map(Some)
            .map_err(|error| conversion(row, column, error)),
        None => Ok(None),
    }
}

fn time(row: &Row<'_>, column: &str) -> rusqlite::Result<Timestamp> {
    let micros = row.get(column)?;
    Timestamp::from_microsecond(micros).map_err(|error| conversion(row, column, error))
}

fn conversion(
    row: &Row<'_>,
    column: &str,
    error: impl std::error::Error + Send + Sync + 'static,
) -> Error {
    let index = row.as_ref().column_index(column).unwrap_or(usize::MAX);
    Error::FromSqlConversionFailure(index, Type::Text, Box::new(error))
}

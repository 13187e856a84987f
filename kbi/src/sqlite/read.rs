//! All reading: each question is answered from one snapshot.

use super::failure::Failure;
use super::objects;
use super::rows::{self, ActiveRow, parsed, parsed_or_none};
use crate::version_key::version_key;
use crate::{
    ActiveTool, AuditEntry, Cursor, Digest, Event, Filter, KbiError, Page, PageRequest, ProposalId,
    ProposalRecord, State, StateCensus, VersionRecord,
};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, named_params};
use semver::Version;
use uuid::Uuid;
use validation::{TrackRecord, ValidationReport};

pub(super) fn unfinished(db: &Connection) -> Result<Vec<ProposalId>, Failure> {
    let mut query = db.prepare_cached(
        "SELECT proposal_id FROM audit JOIN versions USING (proposal_id)
         WHERE move = 'propose' AND state IN ('proposed', 'validating') ORDER BY sequence",
    )?;
    let ids = query.query_map([], |row| parsed(row, "proposal_id"))?;
    Ok(ids.collect::<Result<_, _>>()?)
}

pub(super) fn census(db: &Connection) -> Result<Vec<StateCensus>, Failure> {
    let mut query = db.prepare_cached(
        "SELECT state, COUNT(*) AS versions, MIN(updated_at) AS oldest FROM versions
         GROUP BY state ORDER BY state",
    )?;
    let states = query.query_map([], rows::census)?;
    Ok(states.collect::<Result<_, _>>()?)
}

pub(super) fn proposal(db: &Connection, id: ProposalId) -> Result<ProposalRecord, Failure> {
    let query = format!(
        "SELECT {}, proposal, manifest, granted FROM versions JOIN tools USING (name)
         WHERE proposal_id = ?1",
        rows::VERSION
    );
    let (version, proposal, manifest, granted) = db
        .prepare_cached(&query)?
        .query_row([id.to_string()], |row| {
            Ok((
                rows::version(row)?,
                parsed::<Digest>(row, "proposal")?,
                parsed_or_none::<Digest>(row, "manifest")?,
                parsed_or_none::<Digest>(row, "granted")?,
            ))
        })
        .optional()?
        .ok_or(KbiError::UnknownProposal { id })?;
    Ok(ProposalRecord {
        version,
        tool: objects::json(db, &proposal)?,
        manifest: manifest
            .map(|digest| objects::json(db, &digest))
            .transpose()?,
        grant: granted
            .map(|digest| objects::json(db, &digest))
            .transpose()?,
    })
}

pub(super) fn version(
    db: &Connection,
    name: &str,
    version: &Version,
) -> Result<VersionRecord, Failure> {
    let query = format!(
        "SELECT {} FROM versions JOIN tools USING (name) WHERE name = ?1 AND version_key = ?2",
        rows::VERSION
    );
    match db
        .prepare_cached(&query)?
        .query_row((name, version_key(version)), rows::version)
        .optional()?
    {
        Some(record) => Ok(record),
        None => Err(missing(db, name, version)?.into()),
    }
}

pub(super) fn tool_name(db: &Connection, tool_id: Uuid) -> Result<String, Failure> {
    db.prepare_cached("SELECT name FROM tools WHERE tool_id = ?1")?
        .query_row([tool_id.to_string()], |row| row.get(0))
        .optional()?
        .ok_or_else(|| KbiError::UnknownToolId { tool_id }.into())
}

pub(super) fn list(
    db: &Connection,
    filter: &Filter,
    page: &PageRequest,
) -> Result<Page<VersionRecord>, Failure> {
    let size = page.clamped_size();
    let states = (!filter.states.is_empty())
        .then(|| serde_json::to_string(&filter.states).expect("names are texts"));
    // Where in the index to begin: at the prefix, or further on at the cursor.
    let from = match &page.after {
        Some(cursor) if cursor.name > filter.name_prefix => &cursor.name,
        _ => &filter.name_prefix,
    };
    let query = format!(
        "SELECT {} FROM versions JOIN tools USING (name)
         WHERE name >= :from
           AND substr(name, 1, length(:prefix)) = :prefix
           AND (:states IS NULL OR state IN (SELECT value FROM json_each(:states)))
           AND (:after IS NULL OR name > :after OR (name = :after AND version_key < :after_key))
         ORDER BY name, version_key DESC LIMIT :count",
        rows::VERSION
    );
    let mut query = db.prepare_cached(&query)?;
    let found = query.query_map(
        named_params! {
            ":from": from,
            ":prefix": filter.name_prefix,
            ":states": states,
            ":after": page.after.as_ref().map(|cursor| &cursor.name),
            ":after_key": page.after.as_ref().map(|cursor| version_key(&cursor.version)),
            // One more than asked for tells whether there is a next page.
            ":count": size + 1,
        },
        rows::version,
    )?;
    let mut items = found.collect::<Result<Vec<_>, _>>()?;
    let more = items.len() > size as usize;
    items.truncate(size as usize);
    let next = items.last().filter(|_| more).map(|last| Cursor {
        name: last.name.clone(),
        version: last.version.clone(),
    });
    Ok(Page { items, next })
}

pub(super) fn active(
    db: &Connection,
    name: &str,
    version: Option<&Version>,
) -> Result<ActiveTool, Failure> {
    let row = match version {
        Some(version) => named_active(db, name, version)?,
        None => highest_active(db, name)?,
    };
    let incomplete = || KbiError::Corrupt {
        what: format!("the active version of `{name}`"),
        problem: "its manifest, grant or artifact is missing".to_owned(),
    };
    let manifest = objects::json(db, &row.manifest.ok_or_else(incomplete)?)?;
    let grant = objects::json(db, &row.granted.ok_or_else(incomplete)?)?;
    Ok(row.with(manifest, grant).ok_or_else(incomplete)?)
}

fn named_active(db: &Connection, name: &str, version: &Version) -> Result<ActiveRow, Failure> {
    let query = format!(
        "SELECT {} FROM versions JOIN tools USING (name) WHERE name = ?1 AND version_key = ?2",
        rows::ACTIVE
    );
    let row = db
        .prepare_cached(&query)?
        .query_row((name, version_key(version)), rows::active)
        .optional()?;
    match row {
        Some(row) if row.state == State::Active => Ok(row),
        Some(row) => Err(KbiError::NotActive {
            name: name.to_owned(),
            version: row.version,
            state: row.state,
        }
        .into()),
        None => Err(missing(db, name, version)?.into()),
    }
}

fn highest_active(db: &Connection, name: &str) -> Result<ActiveRow, Failure> {
    let query = format!(
        "SELECT {} FROM versions JOIN tools USING (name)
         WHERE name = ?1 AND state = 'active' AND pre_release = 0
         ORDER BY version_key DESC LIMIT 1",
        rows::ACTIVE
    );
    if let Some(row) = db
        .prepare_cached(&query)?
        .query_row([name], rows::active)
        .optional()?
    {
        return Ok(row);
    }
    if !is_tool(db, name)? {
        return Err(KbiError::UnknownTool {
            name: name.to_owned(),
        }
        .into());
    }
    let mut query = db.prepare_cached(
        "SELECT version FROM versions WHERE name = ?1 AND state = 'active'
         ORDER BY version_key DESC",
    )?;
    let pre_releases = query.query_map([name], |row| parsed(row, "version"))?;
    Err(KbiError::NoActiveVersion {
        name: name.to_owned(),
        pre_releases: pre_releases.collect::<Result<_, _>>()?,
    }
    .into())
}

/// Which of both is not known: the tool, or only the version.
fn missing(db: &Connection, name: &str, version: &Version) -> Result<KbiError, Failure> {
    let name = name.to_owned();
    Ok(if is_tool(db, &name)? {
        KbiError::UnknownVersion {
            name,
            version: version.clone(),
        }
    } else {
        KbiError::UnknownTool { name }
    })
}

fn is_tool(db: &Connection, name: &str) -> Result<bool, Failure> {
    Ok(db
        .prepare_cached("SELECT 1 FROM tools WHERE name = ?1")?
        .exists([name])?)
}

pub(super) fn artifact(db: &Connection, digest: &Digest) -> Result<Vec<u8>, Failure> {
    let known = db
        .prepare_cached("SELECT 1 FROM versions WHERE artifact = ?1")?
        .exists([digest.to_string()])?;
    if !known {
        return Err(KbiError::UnknownArtifact { digest: *digest }.into());
    }
    objects::bytes(db, digest)
}

pub(super) fn report(db: &Connection, id: ProposalId) -> Result<ValidationReport, Failure> {
    let (report, state) = db
        .prepare_cached("SELECT report, state FROM versions WHERE proposal_id = ?1")?
        .query_row([id.to_string()], |row| {
            Ok((
                parsed_or_none::<Digest>(row, "report")?,
                parsed(row, "state")?,
            ))
        })
        .optional()?
        .ok_or(KbiError::UnknownProposal { id })?;
    match report {
        Some(digest) => objects::json(db, &digest),
        None => Err(KbiError::NotValidated { id, state }.into()),
    }
}

pub(super) fn attestations(db: &Connection, id: ProposalId) -> Result<String, Failure> {
    let (attestations, is_validated, state) = db
        .prepare_cached(
            "SELECT attestations, report IS NOT NULL AS validated, state FROM versions
             WHERE proposal_id = ?1",
        )?
        .query_row([id.to_string()], |row| {
            Ok((
                parsed_or_none::<Digest>(row, "attestations")?,
                row.get::<_, bool>("validated")?,
                parsed(row, "state")?,
            ))
        })
        .optional()?
        .ok_or(KbiError::UnknownProposal { id })?;
    if !is_validated {
        return Err(KbiError::NotValidated { id, state }.into());
    }
    let digest = attestations.ok_or(KbiError::NotAttested { id })?;
    String::from_utf8(objects::bytes(db, &digest)?).map_err(|error| {
        KbiError::Corrupt {
            what: format!("the attestations {digest}"),
            problem: format!("they are no text: {error}"),
        }
        .into()
    })
}

pub(super) fn track_record(
    db: &Connection,
    agent_id: &str,
    since: Timestamp,
) -> Result<TrackRecord, Failure> {
    Ok(db
        .prepare_cached(
            "SELECT count(*) FILTER (WHERE state IN ('passed', 'active', 'deprecated')) AS passed,
                    count(*) FILTER (WHERE state IN ('failed', 'rejected', 'rolled_back')) AS failed
             FROM versions WHERE generated_by_agent_id = ?1 AND created_at >= ?2",
        )?
        .query_row((agent_id, since.as_microsecond()), |row| {
            Ok(TrackRecord {
                passed: row.get("passed")?,
                failed: row.get("failed")?,
            })
        })?)
}

pub(super) fn audit(db: &Connection, id: ProposalId) -> Result<Vec<AuditEntry>, Failure> {
    let mut query = db.prepare_cached(
        "SELECT sequence, proposal_id, move, from_state, to_state, by, reason, time
         FROM audit WHERE proposal_id = ?1 ORDER BY sequence",
    )?;
    let entries = query.query_map([id.to_string()], rows::audit)?;
    let entries: Vec<_> = entries.collect::<Result<_, _>>()?;
    // Each proposal has at least the row of its own proposing.
    if entries.is_empty() {
        Err(KbiError::UnknownProposal { id }.into())
    } else {
        Ok(entries)
    }
}

pub(super) fn events_after(
    db: &Connection,
    sequence: u64,
    limit: u32,
) -> Result<Vec<Event>, Failure> {
    // What lies beyond SQLite's integers lies beyond every event.
    let Ok(sequence) = i64::try_from(sequence) else {
        return Ok(Vec::new());
    };
    let mut query = db.prepare_cached(
        "SELECT sequence, body FROM events WHERE sequence > ?1 ORDER BY sequence LIMIT ?2",
    )?;
    let found = query.query_map((sequence, limit), |row| {
        Ok((
            row.get::<_, u64>("sequence")?,
            row.get::<_, String>("body")?,
        ))
    })?;
    found
        .map(|row| {
            let (number, body) = row?;
            match serde_json::from_str::<Event>(&body) {
                Ok(event) if event.sequence == number => Ok(event),
                _ => Err(KbiError::Corrupt {
                    what: format!("the event {number}"),
                    problem: "its body is not what was written".to_owned(),
                }
                .into()),
            }
        })
        .collect()
}

pub(super) fn last_event(db: &Connection) -> Result<u64, Failure> {
    Ok(db
        .prepare_cached("SELECT coalesce(max(sequence), 0) FROM events")?
        .query_row([], |row| row.get(0))?)
}

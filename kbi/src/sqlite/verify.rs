//! Looking for damage.

use super::failure::Failure;
use super::{objects, rows};
use crate::{AuditEntry, Digest, KbiError, Move, State};
use rusqlite::Connection;

/// Everything that is wrong, a line each.
pub(super) fn problems(db: &Connection) -> Result<Vec<String>, Failure> {
    let mut problems = Vec::new();
    structure(db, &mut problems)?;
    bodies(db, &mut problems)?;
    histories(db, &mut problems)?;
    Ok(problems)
}

/// SQLite's pages and indexes, constraints, foreign keys.
fn structure(db: &Connection, problems: &mut Vec<String>) -> Result<(), Failure> {
    let mut query = db.prepare("PRAGMA integrity_check")?;
    for row in query.query_map([], |row| row.get::<_, String>(0))? {
        let line = row?;
        if line != "ok" {
            problems.push(format!("SQLite: {line}"));
        }
    }
    let mut query = db.prepare("PRAGMA foreign_key_check")?;
    for row in query.query_map([], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, String>(2)?))
    })? {
        let (table, parent) = row?;
        problems.push(format!(
            "a row of `{table}` refers to one that `{parent}` lacks"
        ));
    }
    Ok(())
}

/// Every object's digest.
fn bodies(db: &Connection, problems: &mut Vec<String>) -> Result<(), Failure> {
    let mut query = db.prepare("SELECT digest FROM objects")?;
    for digest in query.query_map([], |row| rows::parsed::<Digest>(row, "digest"))? {
        let bytes = digest
            .map_err(Failure::from)
            .and_then(|digest| objects::bytes(db, &digest));
        note(bytes, problems)?;
    }
    Ok(())
}

/// Whether each version's moves are legal and lead to its state, and each has its event.
fn histories(db: &Connection, problems: &mut Vec<String>) -> Result<(), Failure> {
    let mut versions = db.prepare("SELECT proposal_id, state FROM versions")?;
    let versions = versions.query_map([], |row| {
        Ok((
            rows::parsed(row, "proposal_id")?,
            rows::parsed::<State>(row, "state")?,
        ))
    })?;
    for version in versions {
        let Some((id, state)) = note(version.map_err(Failure::from), problems)? else {
            continue;
        };
        let entries = match super::read::audit(db, id) {
            Err(Failure::Ours(KbiError::UnknownProposal { .. })) => Some(Vec::new()),
            entries => note(entries, problems)?,
        };
        match entries.map(|entries| replay(&entries)) {
            Some(Ok(reached)) if reached != state => problems.push(format!(
                "the proposal {id} is `{state}`, by its audit log it should be `{reached}`"
            )),
            Some(Err(problem)) => problems.push(format!("the proposal {id}: {problem}")),
            _ => {}
        }
    }
    let mut lone = db.prepare(
        "SELECT a.sequence FROM audit a LEFT JOIN events e USING (sequence)
         WHERE CASE WHEN json_valid(e.body)
               THEN json_extract(e.body, '$.data.move', '$.data.proposal_id', '$.data.to')
                    IS NOT json_array(a.move, a.proposal_id, a.to_state)
               ELSE 1 END
         UNION
         SELECT e.sequence FROM events e LEFT JOIN audit a USING (sequence)
         WHERE a.sequence IS NULL",
    )?;
    for number in lone.query_map([], |row| row.get::<_, u64>(0))? {
        problems.push(format!("audit log and events differ at number {}", number?));
    }
    Ok(())
}

/// Damage is what is looked for: it becomes a line. Other failures end the search.
fn note<T>(answer: Result<T, Failure>, problems: &mut Vec<String>) -> Result<Option<T>, Failure> {
    match answer.map_err(|failure| failure.while_("verifying")) {
        Ok(value) => Ok(Some(value)),
        Err(damage @ KbiError::Corrupt { .. }) => {
            problems.push(damage.to_string());
            Ok(None)
        }
        Err(other) => Err(other.into()),
    }
}

/// The state that the moves of one proposal lead to.
fn replay(entries: &[AuditEntry]) -> Result<State, String> {
    let mut state = None;
    for entry in entries {
        let reached = match state {
            None if entry.by_move == Move::Propose => State::FIRST,
            None => return Err("its audit log does not begin with `propose`".to_owned()),
            Some(from) => State::after(from, entry.by_move).map_err(|error| error.to_string())?,
        };
        if (entry.from, entry.to) != (state, reached) {
            return Err(format!(
                "row {} of its audit log does not follow",
                entry.sequence
            ));
        }
        state = Some(reached);
    }
    state.ok_or_else(|| "it has no audit log".to_owned())
}

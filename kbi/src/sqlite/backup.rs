//! Copies of a knowledge base in use, and putting one back.

use super::failure::Failure;
use super::{SqliteKnowledgeBase, SqliteOptions, ask, open, verify};
use crate::KbiError;
use rusqlite::Connection;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// What a file with a knowledge base holds.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Contents {
    /// The id that it was created with; a backup has the same.
    pub installation: Uuid,
    /// Versions of tools, in any state.
    pub versions: u64,
    /// Those that may be called.
    pub active: u64,
    /// The number of its last event; 0 where there is none.
    pub last_event: u64,
    /// The size of the file, without a write-ahead log beside it.
    pub bytes: u64,
    /// What is damaged, a line each, as [`SqliteKnowledgeBase::verify`] finds it.
    pub problems: Vec<String>,
}

/// Writes what one snapshot of the database holds into a new file, and makes that durable.
pub(super) fn write(connection: &Connection, to: &Path) -> Result<(), KbiError> {
    let cannot = |source: std::io::Error| open::cannot_open(to, source);
    if !open::create_private(to)? {
        return Err(cannot(ErrorKind::AlreadyExists.into()));
    }
    let Some(name) = to.to_str() else {
        return Err(cannot(std::io::Error::other("the path is not UTF-8")));
    };
    let written = connection
        .execute("VACUUM INTO ?1", [name])
        .map_err(|error| Failure::from(error).while_("backing up"))
        .and_then(|_| {
            File::open(to)
                .and_then(|file| file.sync_all())
                .map_err(cannot)
        })
        .and_then(|()| open::sync_folder(to).map_err(cannot));
    if written.is_err() {
        // Half a copy is none. That it can't be removed either is not what went wrong first.
        let _ = fs::remove_file(to);
    }
    written
}

/// These never write to the file that they read, migrate it or make one: what they look at may be
/// another's, of an older program's, or all that is left.
impl SqliteKnowledgeBase {
    /// Reads a whole file, and says what it holds and what is damaged.
    ///
    /// # Errors
    /// [`KbiError::CannotOpen`] where there is none; [`KbiError::NotAKnowledgeBase`];
    /// [`KbiError::NewerSchema`]; [`KbiError::Corrupt`] where the damage lets nothing be read.
    pub fn examine(path: &Path) -> Result<Contents, KbiError> {
        let mut connection = open::existing(path, &SqliteOptions::default())?;
        let bytes = fs::metadata(path)
            .map_err(|error| open::cannot_open(path, error))?
            .len();
        let contents = ask(&mut connection, |db| contents(db, bytes));
        contents.map_err(|failure| failure.while_("examining"))
    }

    /// Writes a copy of the file `from`, which others may be reading and writing, to the new file
    /// `to`. What was answered before the call is in it.
    ///
    /// # Errors
    /// As [`Self::examine`] and [`Self::back_up`].
    pub fn copy(from: &Path, to: &Path) -> Result<(), KbiError> {
        write(&open::existing(from, &SqliteOptions::default())?, to)
    }

    /// Puts a copy of `backup` where a knowledge base belongs, and what was there before to
    /// `aside`, which must not exist. Nobody may have the old one open. Cut off at any moment, the
    /// place holds the old one whole, or the new one whole; only if the old one is too damaged to
    /// be written to, it may hold neither, and the old one is then at `aside`.
    ///
    /// # Errors
    /// As [`Self::examine`] of `backup`, and where files can't be written. The old one then still
    /// is where it was, or at `aside`.
    pub fn restore(backup: &Path, place: &Path, aside: &Path) -> Result<(), KbiError> {
        let fresh = beside(place, ".restoring");
        // Left by a try that was cut off.
        remove(&fresh)?;
        Self::copy(backup, &fresh)?;
        let put = set_aside(place, aside).and_then(|()| {
            fs::rename(&fresh, place)
                .and_then(|()| open::sync_folder(place))
                .map_err(|error| open::cannot_open(place, error))
        });
        if put.is_err() {
            let _ = fs::remove_file(&fresh);
        }
        put
    }
}

fn contents(db: &Connection, bytes: u64) -> Result<Contents, Failure> {
    let count = |query: &str| db.query_row(query, [], |row| row.get::<_, u64>(0));
    let installation: String =
        db.query_row("SELECT uuid FROM installation", [], |row| row.get(0))?;
    let installation = Uuid::parse_str(&installation).map_err(|error| KbiError::Corrupt {
        what: "the knowledge base's id".to_owned(),
        problem: error.to_string(),
    })?;
    Ok(Contents {
        installation,
        versions: count("SELECT count(*) FROM versions")?,
        active: count("SELECT count(*) FROM versions WHERE state = 'active'")?,
        last_event: super::read::last_event(db)?,
        bytes,
        problems: verify::problems(db)?,
    })
}

/// Gives the old file a second name, and leaves it in its place, without a log that SQLite would
/// take for the new one's.
fn set_aside(place: &Path, aside: &Path) -> Result<(), KbiError> {
    let cannot = |error| open::cannot_open(aside, error);
    if aside.exists() {
        return Err(cannot(ErrorKind::AlreadyExists.into()));
    }
    // SQLite may remove a log that it can't read, so that one gets its second name first.
    let [log, index] = ["-wal", "-shm"].map(|end| beside(place, end));
    let log_aside = beside(aside, "-wal");
    if log.exists() {
        fs::hard_link(&log, &log_aside).map_err(cannot)?;
    }
    // The last to close a database writes its log back and removes it.
    let there = place.exists();
    if there && SqliteKnowledgeBase::open(place).is_ok() && !log.exists() {
        fs::hard_link(place, aside).map_err(cannot)?;
        remove(&log_aside)?;
        return open::sync_folder(aside).map_err(cannot);
    }
    // Too damaged for that, or cut off here before: all of it goes, so that no log is ever taken
    // for the new one's.
    if there {
        fs::rename(place, aside).map_err(cannot)?;
    }
    for log in [log, index] {
        remove(&log)?;
    }
    open::sync_folder(aside).map_err(cannot)
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(end);
    name.into()
}

fn remove(path: &Path) -> Result<(), KbiError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(open::cannot_open(path, error)),
        _ => Ok(()),
    }
}

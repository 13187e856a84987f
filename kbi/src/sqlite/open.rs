//! Opening the file: who it belongs to, how it is written, which schema it has.

use super::SqliteOptions;
use super::failure::Failure;
use crate::KbiError;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;
use uuid::Uuid;

/// "wrkb": marks the file as ours, for us and for `file(1)`.
const APPLICATION_ID: i64 = 0x7772_6b62;

/// The schemas in their order; the file's `user_version` says how many of them it has.
const MIGRATIONS: &[&str] = &[include_str!("schema_1.sql"), include_str!("schema_2.sql")];

/// The writing connection, ready for use, and the knowledge base's own id.
pub(super) fn writer(path: &Path, options: &SqliteOptions) -> Result<(Connection, Uuid), KbiError> {
    // Closing any handle of a file drops all POSIX locks that this process has on it, SQLite's
    // too. So no connection may be opened between creating an empty file and closing it again.
    static CREATING: Mutex<()> = Mutex::new(());
    let creating = CREATING.lock().unwrap_or_else(PoisonError::into_inner);
    create_private(path)?;
    drop(creating);

    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection =
        Connection::open_with_flags(path, flags).map_err(|error| cannot_open(path, error))?;
    let opened =
        prepare(&mut connection, path, options).map_err(|failure| not_opened(path, failure))?;
    // Always, for whoever created it may have been killed before this.
    sync_folder(path).map_err(|error| cannot_open(path, error))?;
    Ok((connection, opened))
}

/// A reading connection to a file that [`writer`] has prepared.
pub(super) fn reader(path: &Path, options: &SqliteOptions) -> Result<Connection, Failure> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    harden(&connection, options)?;
    Ok(connection)
}

/// A reading connection to a file that is there, whoever has it open. Nothing is made, migrated or
/// otherwise written.
pub(super) fn existing(path: &Path, options: &SqliteOptions) -> Result<Connection, KbiError> {
    // SQLite would only say that it can't.
    File::open(path).map_err(|error| cannot_open(path, error))?;
    let opened = reader(path, options).and_then(|connection| {
        refuse_foreign(&connection, path)?;
        if schema(&connection)? == 0 {
            return Err(not_ours(path, "it is empty").into());
        }
        Ok(connection)
    });
    opened.map_err(|failure| not_opened(path, failure))
}

/// Proposals may be confidential, so the file is its owner's only; SQLite gives the files beside
/// it the same permissions. Whether there was none before.
pub(super) fn create_private(path: &Path) -> Result<bool, KbiError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(cannot_open(path, error)),
    }
}

/// What SQLite says of a file that is no database, or can't be opened, in words that name it.
fn not_opened(path: &Path, failure: Failure) -> KbiError {
    match failure {
        Failure::Sql(rusqlite::Error::SqliteFailure(inner, _))
            if inner.code == ErrorCode::NotADatabase =>
        {
            not_ours(path, "it is no SQLite database")
        }
        Failure::Sql(rusqlite::Error::SqliteFailure(inner, message))
            if inner.code == ErrorCode::CannotOpen =>
        {
            cannot_open(path, rusqlite::Error::SqliteFailure(inner, message))
        }
        other => other.while_("opening"),
    }
}

/// Makes the file's name durable.
pub(super) fn sync_folder(path: &Path) -> std::io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    };
    File::open(folder)?.sync_all()
}

fn prepare(
    connection: &mut Connection,
    path: &Path,
    options: &SqliteOptions,
) -> Result<Uuid, Failure> {
    harden(connection, options)?;
    if connection.is_readonly("main")? {
        return Err(KbiError::ReadOnly { action: "opening" }.into());
    }
    // Looked at before anything is written: another program's database stays as it is.
    refuse_foreign(connection, path)?;
    let mode = write_ahead(connection, options)?;
    if mode != "wal" {
        let problem =
            format!("the file system can't do write-ahead logging (SQLite fell back to `{mode}`)");
        return Err(cannot_open(path, problem).into());
    }
    // Each commit is on the disk before it is answered; with WAL, that is one sync a commit.
    connection.pragma_update(None, "synchronous", "FULL")?;
    // On macOS, where a plain sync does not reach the disk.
    connection.pragma_update(None, "fullfsync", true)?;
    connection.pragma_update(None, "checkpoint_fullfsync", true)?;
    connection.pragma_update(None, "journal_size_limit", 64 * 1024 * 1024)?;
    migrate(connection, path, options)?;
    if let Some(most) = options.max_bytes {
        let page: u64 = connection.pragma_query_value(None, "page_size", |row| row.get(0))?;
        let pages = (most.0 / page).clamp(1, u64::from(u32::MAX - 1));
        // This pragma answers with the bound that is now in force.
        connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))?;
    }
    let text: String =
        connection.query_row("SELECT uuid FROM installation", [], |row| row.get(0))?;
    Uuid::parse_str(&text).map_err(|error| {
        let what = "the knowledge base's id".to_owned();
        KbiError::Corrupt {
            what,
            problem: error.to_string(),
        }
        .into()
    })
}

/// Settings that every connection needs.
fn harden(connection: &Connection, options: &SqliteOptions) -> Result<(), Failure> {
    connection.busy_timeout(options.busy_timeout)?;
    // The file is not to be trusted: nothing in its schema may call functions with effects or
    // rewrite the schema itself, and broken pages are noticed early.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

/// Changes to write-ahead logging, which stays with the file. When several open a new file at
/// once, SQLite answers busy here without waiting, so the waiting is ours.
fn write_ahead(connection: &Connection, options: &SqliteOptions) -> Result<String, Failure> {
    let start = Instant::now();
    loop {
        let mode = connection
            .pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get::<_, String>(0));
        match mode {
            Err(rusqlite::Error::SqliteFailure(inner, _))
                if inner.code == ErrorCode::DatabaseBusy
                    && start.elapsed() < options.busy_timeout =>
            {
                std::thread::sleep(std::time::Duration::from_millis(5));
            }
            mode => return Ok(mode?),
        }
    }
}

fn refuse_foreign(connection: &Connection, path: &Path) -> Result<(), Failure> {
    // The mark is read last: whoever sees the tables of another first opening, which commits
    // both together, sees its mark then too.
    let objects: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let (found, supported) = (schema(connection)?, supported());
    let application: i64 =
        connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    match application {
        APPLICATION_ID if found > supported => Err(KbiError::NewerSchema {
            path: path.to_owned(),
            found,
            supported,
        }
        .into()),
        APPLICATION_ID => Ok(()),
        0 if objects == 0 && found == 0 => Ok(()),
        _ => Err(not_ours(path, "it is another program's SQLite database").into()),
    }
}

fn migrate(
    connection: &mut Connection,
    path: &Path,
    options: &SqliteOptions,
) -> Result<(), Failure> {
    if schema(connection)? == supported() {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another process may have migrated while this one waited for the lock.
    refuse_foreign(&transaction, path)?;
    let from = schema(&transaction)?;
    for (number, sql) in (0..)
        .zip(MIGRATIONS)
        .skip_while(|(number, _)| *number < from)
    {
        tracing::info!(path = %path.display(), schema = number + 1, "migrating the knowledge base");
        transaction.execute_batch(sql)?;
    }
    if from == 0 {
        let now = options.clock.now();
        transaction.execute(
            "INSERT INTO installation (only, uuid, created_at) VALUES (1, ?1, ?2)",
            (super::new_uuid(now).to_string(), now.as_microsecond()),
        )?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", supported())?;
    transaction.commit()?;
    Ok(())
}

fn schema(connection: &Connection) -> Result<i64, Failure> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

fn supported() -> i64 {
    i64::try_from(MIGRATIONS.len()).expect("a handful")
}

pub(super) fn cannot_open(
    path: &Path,
    source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> KbiError {
    KbiError::CannotOpen {
        path: path.to_owned(),
        source: source.into(),
    }
}

fn not_ours(path: &Path, problem: &str) -> KbiError {
    KbiError::NotAKnowledgeBase {
        path: path.to_owned(),
        problem: problem.to_owned(),
    }
}

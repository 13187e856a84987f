//! Copies of the knowledge base: taken while a service goes on, put back while none does.

use super::backups::{LastBackup, newest};
use super::data::DataDir;
use crate::ServerError;
use jiff::Timestamp;
use kbi::{Contents, KbiError, SqliteKnowledgeBase};
use std::fs;
use std::path::{Path, PathBuf};

/// Why there is no backup, or none was put back.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackupError {
    /// A file that must not be there is.
    #[error("{} exists already; give a name that is free", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The data folder has a knowledge base, which was not meant to be replaced.
    #[error(
        "{} has a knowledge base already; with --replace it is set aside (and kept) for the backup's",
        path.display()
    )]
    Occupied {
        /// The data folder.
        path: PathBuf,
    },
    /// What was read back is not whole.
    #[error(
        "{} is damaged: {first}{}; take an older backup, and keep this file for whoever looks into it",
        path.display(),
        if *more == 0 { String::new() } else { format!(" (and {more} problems more)") }
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The first problem.
        first: String,
        /// How many more there are.
        more: usize,
    },
    /// A folder was named, and there is none in it.
    #[error(
        "{} holds no backup; name a folder that `wasm-runner backup --into` wrote to, or a file",
        path.display()
    )]
    None {
        /// The folder.
        path: PathBuf,
    },
    /// A file can't be written or renamed.
    #[error("{}: {source}; see that its folder may be written", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The knowledge base's own reason.
    #[error(transparent)]
    KnowledgeBase(#[from] KbiError),
    /// The data folder can't be used, or a service has it.
    #[error(transparent)]
    Server(#[from] ServerError),
}

/// What was put back.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Restored {
    /// What the data folder's knowledge base now holds.
    pub contents: Contents,
    /// Where the one before is kept; none where there was none.
    pub set_aside: Option<PathBuf>,
    /// Which backup it came from.
    pub from: PathBuf,
}

/// Writes a copy of a data folder's knowledge base to a new file and reads all of that back. A
/// service may go on using it: what was answered before the call is in the copy. The file has its
/// name only once it is whole. The data folder remembers when it was made.
///
/// # Errors
/// When there is no knowledge base, the file exists or can't be written, or what was read back is
/// damaged (then no file is left).
pub fn back_up(data_dir: &Path, to: &Path) -> Result<Contents, BackupError> {
    if to.exists() {
        return Err(BackupError::Exists {
            path: to.to_owned(),
        });
    }
    let mut partial = to.as_os_str().to_owned();
    partial.push(format!(".partial-{}", std::process::id()));
    let partial = PathBuf::from(partial);
    SqliteKnowledgeBase::copy(&DataDir::knowledge_base_in(data_dir), &partial)?;
    let whole = whole(&partial).and_then(|contents| {
        // Unlike renaming, this replaces nothing that came there meanwhile.
        fs::hard_link(&partial, to)
            .and_then(|()| sync_folder(to))
            .map_err(|source| BackupError::File {
                path: to.to_owned(),
                source,
            })?;
        Ok(contents)
    });
    let _ = fs::remove_file(&partial);
    if let Ok(contents) = &whole {
        LastBackup::note(data_dir, contents);
    }
    whole
}

/// Puts a backup into a data folder that no service has. A knowledge base that is there is only
/// replaced if that is meant, and kept beside the new one. Of a folder of backups, the newest is
/// taken.
///
/// # Errors
/// When the backup can't be read or is damaged, a service has the folder, or there is a knowledge
/// base that must not be replaced. Then nothing was changed.
pub fn restore(backup: &Path, data_dir: &Path, replace: bool) -> Result<Restored, BackupError> {
    let backup = &if backup.is_dir() {
        newest(backup)?
    } else {
        backup.to_owned()
    };
    // First, so that a wrong file does not even make a folder.
    whole(backup)?;
    let data = DataDir::take(data_dir)?;
    let place = data.knowledge_base();
    let occupied = place.exists();
    if occupied && !replace {
        return Err(BackupError::Occupied {
            path: data_dir.to_owned(),
        });
    }
    let now = Timestamp::now().strftime("%Y%m%dT%H%M%S%6fZ");
    let aside = data_dir.join(format!("kbi.sqlite.before-{now}"));
    SqliteKnowledgeBase::restore(backup, &place, &aside)?;
    Ok(Restored {
        contents: whole(&place)?,
        set_aside: occupied.then_some(aside),
        from: backup.clone(),
    })
}

/// Reads a file back.
fn whole(path: &Path) -> Result<Contents, BackupError> {
    let contents = SqliteKnowledgeBase::examine(path)?;
    match contents.problems.split_first() {
        None => Ok(contents),
        Some((first, more)) => Err(BackupError::Damaged {
            path: path.to_owned(),
            first: first.clone(),
            more: more.len(),
        }),
    }
}

fn sync_folder(path: &Path) -> std::io::Result<()> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    fs::File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

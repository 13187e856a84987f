//! A folder of backups, and when the last one was made.

use super::backup::{BackupError, back_up};
use super::data::DataDir;
use jiff::Timestamp;
use kbi::Contents;
use serde::{Deserialize, Serialize};
use std::fs;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

const BEGIN: &str = "wasm-runner-";
const END: &str = ".sqlite";
/// Digits of the number in a name: so many that names stand in the order of their numbers.
const DIGITS: usize = 8;
/// What a copy is called until it is whole.
const PARTIAL: &str = ".partial-";
/// A copy that is not whole after so long is nobody's any more.
const ABANDONED: Duration = Duration::from_hours(24);

/// A backup in a folder of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct KeptBackup {
    /// Its file.
    pub file: PathBuf,
    /// What it holds.
    pub contents: Contents,
    /// Files that went, because there were more than were to be kept.
    pub removed: Vec<PathBuf>,
}

/// Makes a backup in a folder of them, and then removes the oldest until `keep` are left. Only files
/// that are named as backups are counted and removed.
///
/// Their names begin with a number that grows, so their order does not depend on the clock: after it
/// was set back, the newest still is the newest.
///
/// # Errors
/// As [`back_up`]; then none is removed.
pub fn back_up_into(
    data_dir: &Path,
    folder: &Path,
    keep: NonZeroU32,
) -> Result<KeptBackup, BackupError> {
    let failed = |source| BackupError::File {
        path: folder.to_owned(),
        source,
    };
    fs::create_dir_all(folder).map_err(failed)?;
    let mut there = backups(folder).map_err(failed)?;
    let number = there.last().map_or(1, |(number, _)| number + 1);
    let now = Timestamp::now().strftime("%Y%m%dT%H%M%SZ");
    let file = folder.join(format!("{BEGIN}{number:0DIGITS$}-{now}{END}"));
    sweep(folder, SystemTime::now()).map_err(failed)?;
    let contents = back_up(data_dir, &file)?;
    let keep = usize::try_from(keep.get()).unwrap_or(usize::MAX);
    // The new one is one of them, and the last to go.
    let surplus = (there.len() + 1).saturating_sub(keep).min(there.len());
    let mut removed = Vec::new();
    for (_, old) in there.drain(..surplus) {
        fs::remove_file(&old).map_err(|source| BackupError::File {
            path: old.clone(),
            source,
        })?;
        removed.push(old);
    }
    Ok(KeptBackup {
        file,
        contents,
        removed,
    })
}

/// The newest backup in a folder of them.
pub(super) fn newest(folder: &Path) -> Result<PathBuf, BackupError> {
    let found = backups(folder).map_err(|source| BackupError::File {
        path: folder.to_owned(),
        source,
    })?;
    let newest = found.into_iter().next_back().map(|(_, path)| path);
    newest.ok_or_else(|| BackupError::None {
        path: folder.to_owned(),
    })
}

/// Backups in a folder by their numbers, the oldest first.
fn backups(folder: &Path) -> std::io::Result<Vec<(u64, PathBuf)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if let Some(number) = entry.file_name().to_str().and_then(number) {
            found.push((number, entry.path()));
        }
    }
    found.sort();
    Ok(found)
}

/// The number of a backup, if this is the name of one.
fn number(name: &str) -> Option<u64> {
    let rest = name.strip_prefix(BEGIN)?.strip_suffix(END)?;
    let (digits, time) = rest.split_once('-')?;
    let plain = digits.len() >= DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit());
    let time = time.bytes().all(|byte| byte.is_ascii_alphanumeric());
    digits.parse().ok().filter(|_| plain && time)
}

/// Removes what backups that were cut off have left.
fn sweep(folder: &Path, now: SystemTime) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let Some((whole, _)) = name.to_str().and_then(|name| name.split_once(PARTIAL)) else {
            continue;
        };
        let age = now.duration_since(entry.metadata()?.modified()?);
        if number(whole).is_some() && age.is_ok_and(|age| age > ABANDONED) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// What a data folder knows of its last backup.
#[derive(Debug, Deserialize, PartialEq, Serialize)]
pub(crate) struct LastBackup {
    /// When it had been read back, in seconds since 1970.
    pub(crate) seconds: i64,
    /// The number of the last event in it.
    pub(crate) last_event: u64,
}

impl LastBackup {
    /// Notes a backup in the data folder that it is of. That it can't makes the backup no worse.
    pub(super) fn note(data_dir: &Path, contents: &Contents) {
        let last = Self {
            seconds: Timestamp::now().as_second(),
            last_event: contents.last_event,
        };
        let path = DataDir::last_backup_in(data_dir);
        let beside = path.with_extension(format!("new-{}", std::process::id()));
        let written = serde_json::to_vec(&last)
            .map_err(std::io::Error::from)
            .and_then(|text| fs::write(&beside, text))
            .and_then(|()| fs::rename(&beside, &path));
        if let Err(error) = written {
            let _ = fs::remove_file(&beside);
            tracing::warn!(
                %error,
                path = %path.display(),
                "the backup is made, but the service can not be told of it: its metrics go on to \
                 show the one before"
            );
        }
    }

    /// The last backup of a data folder; none where none was made, or what says so is unreadable.
    pub(crate) fn of(data_dir: &Path) -> Option<Self> {
        let text = fs::read(DataDir::last_backup_in(data_dir)).ok()?;
        serde_json::from_slice(&text).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(root: &Path) -> PathBuf {
        let data = root.join("data");
        fs::create_dir(&data).unwrap();
        drop(kbi::SqliteKnowledgeBase::open(&data.join("kbi.sqlite")).unwrap());
        data
    }

    fn keep(count: u32) -> NonZeroU32 {
        NonZeroU32::new(count).unwrap()
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn as_many_are_kept_as_are_asked_for_and_the_oldest_goes() {
        let root = tempfile::tempdir().unwrap();
        let (data, folder) = (data(root.path()), root.path().join("a/b"));
        let first = back_up_into(&data, &folder, keep(2)).unwrap();
        let second = back_up_into(&data, &folder, keep(2)).unwrap();
        assert!(second.removed.is_empty(), "exactly as many");
        let third = back_up_into(&data, &folder, keep(2)).unwrap();
        assert_eq!(
            third.removed,
            std::slice::from_ref(&first.file),
            "one too many"
        );
        assert!(!first.file.exists() && second.file.exists());
        assert_eq!(newest(&folder).unwrap(), third.file);
        let last = back_up_into(&data, &folder, keep(1)).unwrap();
        assert_eq!(last.removed, [second.file, third.file]);
        assert_eq!(names(&folder).len(), 1);
    }

    #[test]
    fn a_clock_that_was_set_back_makes_no_old_backup_of_a_new_one() {
        let root = tempfile::tempdir().unwrap();
        let (data, folder) = (data(root.path()), root.path().join("backups"));
        fs::create_dir(&folder).unwrap();
        let future = folder.join("wasm-runner-00000041-29991231T235959Z.sqlite");
        fs::write(&future, "").unwrap();
        let made = back_up_into(&data, &folder, keep(1)).unwrap();
        assert_eq!(made.removed, [future]);
        assert!(
            made.file
                .to_str()
                .unwrap()
                .contains("/wasm-runner-00000042-2")
        );
        assert_eq!(newest(&folder).unwrap(), made.file);
    }

    #[test]
    fn what_is_no_backup_is_neither_counted_nor_removed() {
        let root = tempfile::tempdir().unwrap();
        let (data, folder) = (data(root.path()), root.path().join("backups"));
        fs::create_dir(&folder).unwrap();
        let others = [
            "notes.txt",
            "wasm-runner-1-20260101T000000Z.sqlite",
            "wasm-runner-00000001.sqlite",
            "wasm-runner-0000000x-20260101T000000Z.sqlite",
            "wasm-runner-00000001-20260101T000000Z.sqlite-wal",
        ];
        for name in others {
            fs::write(folder.join(name), "").unwrap();
        }
        let error = newest(&folder).unwrap_err().to_string();
        assert!(error.contains("holds no backup"), "{error}");
        let made = back_up_into(&data, &folder, keep(1)).unwrap();
        assert!(made.removed.is_empty());
        assert_eq!(names(&folder).len(), others.len() + 1);
    }

    #[test]
    fn what_a_backup_that_was_cut_off_left_goes_after_a_day() {
        let root = tempfile::tempdir().unwrap();
        let path = root
            .path()
            .join("wasm-runner-00000001-20260101T000000Z.sqlite.partial-7");
        fs::write(&path, "half").unwrap();
        let written = fs::metadata(&path).unwrap().modified().unwrap();
        sweep(root.path(), written + ABANDONED).unwrap();
        assert!(path.exists(), "it may go on yet");
        sweep(root.path(), written - ABANDONED).unwrap();
        assert!(path.exists(), "the clock was set back");
        sweep(root.path(), written + ABANDONED + Duration::from_nanos(1)).unwrap();
        assert!(!path.exists());
    }

    #[test]
    fn a_backup_that_fails_removes_none_and_is_not_noted() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("backups");
        fs::create_dir(&folder).unwrap();
        let old = folder.join("wasm-runner-00000001-20260101T000000Z.sqlite");
        fs::write(&old, "").unwrap();
        let data = root.path().join("nothing");
        assert!(back_up_into(&data, &folder, keep(1)).is_err());
        assert!(old.exists() && LastBackup::of(&data).is_none());
    }

    #[test]
    fn the_last_backup_is_known_where_it_was_taken() {
        let root = tempfile::tempdir().unwrap();
        let data = data(root.path());
        assert_eq!(LastBackup::of(&data), None);
        let before = Timestamp::now().as_second();
        back_up(&data, &root.path().join("copy")).unwrap();
        let last = LastBackup::of(&data).unwrap();
        assert!(last.seconds >= before && last.last_event == 0);
        fs::write(DataDir::last_backup_in(&data), "{\"seconds\": \"x\"").unwrap();
        assert_eq!(LastBackup::of(&data), None, "unreadable");
    }
}

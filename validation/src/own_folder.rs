//! Folders that are one job's own, and go with it.

use crate::ValidationError;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What such folders begin with, in the system's folder for temporary files.
const PREFIX: &str = "wasm-runner-work-";
/// The file in each whose lock says that its job goes on. A lock ends with its process, however
/// that ends. It stands beside what the job may write to, not in it: what a job can put in its
/// place would be opened by the next one.
const LOCK: &str = "lock";
/// The part that the job may write to.
const WORK: &str = "work";
/// How often, and after which pause, a folder is tried to be removed: a process that was killed
/// may still end its last write.
const REMOVAL: (u32, Duration) = (100, Duration::from_millis(20));
/// How long a folder may be without its lock: the two are made one right after the other.
const UNLOCKED: Duration = Duration::from_mins(1);

/// A folder of a job's own. Removed with everything in it when this is dropped, and when its
/// process was killed, before the next one is made.
pub(crate) struct OwnFolder {
    root: PathBuf,
    _lock: File,
}

impl OwnFolder {
    /// Makes one; blocks for a moment.
    pub(crate) fn make() -> io::Result<Self> {
        let place = std::env::temp_dir();
        remove_left_over(&place);
        let made = tempfile::Builder::new().prefix(PREFIX).tempdir_in(&place)?;
        // As all programs will call it.
        let root = made.path().canonicalize()?;
        let folder = Self {
            _lock: lock(&root)?,
            root,
        };
        // From here on the folder is this type's to remove.
        let _ = made.keep();
        fs::create_dir(folder.path())?;
        Ok(folder)
    }

    /// The part that the job may write to.
    pub(crate) fn path(&self) -> PathBuf {
        self.root.join(WORK)
    }

    /// Removes it on a thread that may block.
    ///
    /// # Errors
    /// When that thread could not do it.
    pub(crate) async fn close(self) -> Result<(), ValidationError> {
        tokio::task::spawn_blocking(move || drop(self))
            .await
            .map_err(ValidationError::machine("removing a job's folder"))
    }
}

impl Drop for OwnFolder {
    fn drop(&mut self) {
        for _ in 0..REMOVAL.0 {
            match remove(&self.root) {
                Ok(()) => return,
                Err(error) if error.kind() == io::ErrorKind::NotFound => return,
                Err(_) => std::thread::sleep(REMOVAL.1),
            }
        }
        tracing::warn!(folder = %self.root.display(), "a job's folder could not be removed");
    }
}

/// Removes a folder with everything in it, its lock last: where this is cut off, the next job
/// still finds it.
fn remove(root: &Path) -> io::Result<()> {
    match fs::remove_dir_all(root.join(WORK)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    fs::remove_dir_all(root)
}

/// The lock file appears under its name only once it is locked: nobody can find it free.
fn lock(root: &Path) -> io::Result<File> {
    let unlocked = root.join(".lock");
    let file = File::create(&unlocked)?;
    file.lock()?;
    fs::rename(unlocked, root.join(LOCK))?;
    Ok(file)
}

/// Removes the folders whose process was killed.
fn remove_left_over(place: &Path) {
    for entry in fs::read_dir(place).into_iter().flatten().flatten() {
        // Another user may make what they like there.
        let is_ours = entry.file_name().to_string_lossy().starts_with(PREFIX)
            && entry
                .metadata()
                .is_ok_and(|it| it.is_dir() && it.uid() == rustix::process::geteuid().as_raw());
        let is_left = || match look(&entry.path().join(LOCK)) {
            Ok(file) => file.try_lock().is_ok(),
            // Ended before it had one, or in the middle of being removed.
            Err(error) => error.kind() == io::ErrorKind::NotFound && is_old(&entry),
        };
        if is_ours && is_left() {
            // Another process may be at the same work: whoever comes first.
            let _ = remove(&entry.path());
        }
    }
}

/// Opens a lock's file, and nothing that would have it wait or is elsewhere.
fn look(lock: &Path) -> io::Result<File> {
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits().cast_signed())
        .open(lock)
}

/// Whether it is longer ago that it was made or changed than a folder takes to get its lock.
fn is_old(entry: &fs::DirEntry) -> bool {
    let changed = entry.metadata().and_then(|metadata| metadata.modified());
    changed.is_ok_and(|at| at.elapsed().is_ok_and(|age| age > UNLOCKED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_its_jobs_but_for_the_lock() {
        let folder = OwnFolder::make().expect("made");
        let (path, root) = (folder.path(), folder.root.clone());
        assert!(path.is_dir() && !path.join(LOCK).exists());
        fs::write(path.join("file"), "x").expect("written");
        remove_left_over(&std::env::temp_dir());
        assert!(path.join("file").exists(), "it is in use");
        drop(folder);
        assert!(!root.exists());
    }

    #[test]
    fn left_over_folders_go_and_those_in_use_stay() {
        let place = tempfile::tempdir().expect("a folder");
        let folder = |name: &str| {
            let path = place.path().join(name);
            fs::create_dir(&path).expect("a folder");
            path
        };
        let (left, used) = (
            folder("wasm-runner-work-left"),
            folder("wasm-runner-work-used"),
        );
        let (young, foreign) = (folder("wasm-runner-work-young"), folder("other"));
        drop(lock(&left).expect("locked"));
        drop(lock(&foreign).expect("locked"));
        let _held = lock(&used).expect("locked");
        // One whose removal was cut off after its lock was gone.
        let half = folder("wasm-runner-work-half");
        let before = std::time::SystemTime::now() - UNLOCKED - Duration::from_secs(1);
        File::open(&half)
            .and_then(|folder| folder.set_modified(before))
            .expect("made old");
        remove_left_over(place.path());
        assert!(!left.exists() && !half.exists());
        assert!(used.exists() && young.exists() && foreign.exists());
    }

    #[test]
    fn a_removal_that_was_cut_off_is_taken_up() {
        let place = tempfile::tempdir().expect("a folder");
        let root = place.path().join("wasm-runner-work-cut");
        fs::create_dir_all(root.join("work/target")).expect("a folder");
        drop(lock(&root).expect("locked"));
        // As far as it may come before its process is killed.
        fs::remove_dir_all(root.join("work/target")).expect("removed");
        remove_left_over(place.path());
        assert!(!root.exists());
    }
}

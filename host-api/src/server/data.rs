//! The data folder.

use super::ServerConfig;
use crate::ServerError;
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// A data folder that is ours as long as this lives.
#[derive(Debug)]
pub(crate) struct DataDir {
    path: PathBuf,
    /// The system gives the lock back when the process ends, however it ends.
    _lock: File,
}

impl DataDir {
    /// Makes the folder if there is none, and takes it.
    pub(crate) fn take(path: &Path) -> Result<Self, ServerError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| ServerError::DataDir { path, source }
        };
        for folder in [path.to_owned(), path.join(ServerConfig::FOLDERS)] {
            DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(&folder)
                .map_err(failed(&folder))?;
        }
        let file = path.join("lock");
        let lock = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&file)
            .map_err(failed(&file))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self {
                path: path.to_owned(),
                _lock: lock,
            }),
            Err(TryLockError::WouldBlock) => Err(ServerError::InUse {
                path: path.to_owned(),
            }),
            Err(TryLockError::Error(source)) => Err(failed(&file)(source)),
        }
    }

    /// Whether somebody has this folder now. Looks without waiting, and makes nothing.
    pub(crate) fn is_taken(path: &Path) -> bool {
        File::open(path.join("lock"))
            .is_ok_and(|lock| matches!(lock.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn knowledge_base(&self) -> PathBuf {
        Self::knowledge_base_in(&self.path)
    }

    pub(crate) fn cache(&self) -> PathBuf {
        Self::cache_in(&self.path)
    }

    pub(crate) fn key(&self) -> PathBuf {
        Self::key_in(&self.path)
    }

    /// Of a data folder that is another's, or nobody's.
    pub(crate) fn knowledge_base_in(path: &Path) -> PathBuf {
        path.join("kbi.sqlite")
    }

    pub(crate) fn cache_in(path: &Path) -> PathBuf {
        path.join("cache")
    }

    pub(crate) fn last_backup_in(path: &Path) -> PathBuf {
        path.join("last-backup.json")
    }

    pub(crate) fn key_in(path: &Path) -> PathBuf {
        path.join("installation.key")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_data_folder_has_one_owner_at_a_time() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("a/b");
        assert!(!DataDir::is_taken(&path));
        let first = DataDir::take(&path).unwrap();
        assert!(DataDir::is_taken(&path));
        let second = DataDir::take(&path).unwrap_err();
        assert!(matches!(second, ServerError::InUse { .. }), "{second}");
        assert!(second.to_string().contains("in use by another service"));
        drop(first);
        assert!(!DataDir::is_taken(&path));
        assert!(DataDir::take(&path).is_ok());
    }

    #[test]
    fn a_file_in_its_place_is_named() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("file");
        std::fs::write(&path, "").unwrap();
        let error = DataDir::take(&path).unwrap_err();
        assert!(matches!(error, ServerError::DataDir { .. }), "{error}");
    }
}

//! The folder of compiled code, looked at from outside: what is dead in it goes, what is alive is
//! signed anew.

use crate::entry::{self, Entry};
use crate::{Digest, InstallationKey};
use policies::Bytes;
use serde::Serialize;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// How old what is not in its place yet has to be to count as left over.
const LEFT_OVER: Duration = Duration::from_hours(1);

/// A folder of compiled code.
#[derive(Clone, Debug)]
pub struct CodeCache {
    folder: PathBuf,
}

/// What a sweep did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Swept {
    /// Entries that stay.
    pub kept: u64,
    /// Their bytes.
    pub kept_bytes: u64,
    /// Entries that went because the key did not sign them, and what was left half-written.
    pub unsigned: u64,
    /// Entries that went because all together were too large.
    pub unused: u64,
    /// The bytes of what went.
    pub removed_bytes: u64,
}

struct Found {
    path: PathBuf,
    digest: Digest,
    bytes: u64,
    used: SystemTime,
}

impl CodeCache {
    /// This folder; it need not be there.
    pub fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
        }
    }

    /// Removes entries that the key did not sign, and then those that were not used for longest
    /// until all together have at most so many bytes.
    ///
    /// # Errors
    /// When the folder can't be read or something in it not be removed.
    pub fn sweep(&self, key: &InstallationKey, most: Bytes) -> io::Result<Swept> {
        self.sweep_but(key, most, |_| false)
    }

    /// The same, but for what is in use.
    pub(crate) fn sweep_but(
        &self,
        key: &InstallationKey,
        most: Bytes,
        in_use: impl Fn(&Digest) -> bool,
    ) -> io::Result<Swept> {
        let mut swept = Swept::default();
        let mut found = Vec::new();
        for (path, name) in self.files()? {
            let Ok(about) = fs::symlink_metadata(&path) else {
                // Gone meanwhile.
                continue;
            };
            let Some((digest, engine, kind)) = entry::parse_name(&name) else {
                let is_old = about
                    .modified()
                    .is_ok_and(|at| at.elapsed().is_ok_and(|age| age > LEFT_OVER));
                if name.starts_with('.') && name.ends_with(entry::NEW) && is_old {
                    remove(&path)?;
                    swept.unsigned += 1;
                    swept.removed_bytes += about.len();
                }
                continue;
            };
            let signed_for = entry::For {
                digest: &digest,
                engine,
                kind,
            };
            let is_signed = about.is_file()
                && fs::read(&path).is_ok_and(|bytes| {
                    Entry::parse(&bytes).is_some_and(|it| it.is_signed(key, &signed_for))
                });
            if is_signed {
                found.push(Found {
                    path,
                    digest,
                    bytes: about.len(),
                    used: about.modified()?,
                });
            } else if !about.is_dir() {
                remove(&path)?;
                swept.unsigned += 1;
                swept.removed_bytes += about.len();
            }
        }
        found.sort_by(|a, b| (a.used, &a.path).cmp(&(b.used, &b.path)));
        let mut total: u64 = found.iter().map(|it| it.bytes).sum();
        for it in found {
            if total > most.0 && !in_use(&it.digest) {
                remove(&it.path)?;
                total -= it.bytes;
                swept.unused += 1;
                swept.removed_bytes += it.bytes;
            } else {
                swept.kept += 1;
                swept.kept_bytes += it.bytes;
            }
        }
        Ok(swept)
    }

    /// Signs what the old key signed with the new one, and says how many entries that were.
    ///
    /// Only where nobody else can have had the old key: whoever had it could have put code there
    /// that would be signed now. Cut off at any moment, the rest is compiled again.
    ///
    /// # Errors
    /// When the folder can't be read or an entry not be written.
    pub fn sign_again(&self, old: &InstallationKey, new: &InstallationKey) -> io::Result<u64> {
        let mut signed = 0;
        for (path, name) in self.files()? {
            let Some((digest, engine, kind)) = entry::parse_name(&name) else {
                continue;
            };
            let signed_for = entry::For {
                digest: &digest,
                engine,
                kind,
            };
            let Ok(bytes) = fs::read(&path) else { continue };
            if let Some(entry) = Entry::parse(&bytes)
                && entry.is_signed(old, &signed_for)
            {
                let size = entry.module_bytes();
                let used = fs::metadata(&path).and_then(|about| about.modified());
                let content = entry::signed(new, &signed_for, size, entry.code);
                entry::write(&path, &content)?;
                // To be signed is no use.
                if let (Ok(used), Ok(file)) = (used, fs::File::open(&path)) {
                    let _ = file.set_modified(used);
                }
                signed += 1;
            }
        }
        Ok(signed)
    }

    fn files(&self) -> io::Result<Vec<(PathBuf, String)>> {
        let entries = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        entries
            .map(|entry| {
                let entry = entry?;
                let name = entry.file_name().to_string_lossy().into_owned();
                Ok((entry.path(), name))
            })
            .collect()
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

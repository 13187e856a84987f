//! The key with which an installation signs the code that it compiled.

use crate::SandboxError;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// The secret with which an installation signs the code that it compiled: 32 random bytes.
///
/// Compiled code is machine code: whoever can make this process load some, owns it. So the key
/// never leaves the machine, and code from elsewhere is compiled again.
#[derive(Clone)]
pub struct InstallationKey([u8; 32]);

impl std::fmt::Debug for InstallationKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("InstallationKey(..)")
    }
}

impl InstallationKey {
    /// A key from elsewhere, such as a secret store.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads the key, or makes one that only this user can read.
    ///
    /// # Errors
    /// When the file can't be read or made, others may read it, or it has not 32 bytes.
    pub fn load_or_create(path: &Path) -> Result<Self, SandboxError> {
        if let Some(key) = Self::load(path)? {
            return Ok(key);
        }
        // Of two that start at once, the second takes the first's key.
        let _one_at_a_time = lock(path)?;
        match Self::load(path)? {
            Some(key) => Ok(key),
            None => Self::make(path),
        }
    }

    /// Reads the key; `None` where there is none yet.
    ///
    /// # Errors
    /// When the file can't be read, others may read it, or it has not 32 bytes.
    pub fn load(path: &Path) -> Result<Option<Self>, SandboxError> {
        match Self::read(path) {
            Ok(result) => result.map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(path, &error)),
        }
    }

    /// Puts a new key in the place of the old one. Whatever moment this is cut off at, one of the
    /// two is there as a whole. Code that was signed with the old one is not loaded any more; who
    /// has read the old key goes on with it until it reads again.
    ///
    /// # Errors
    /// When the old key can't be read, or the new one not be made.
    pub fn rotate(path: &Path) -> Result<Rotation, SandboxError> {
        let lock = lock(path)?;
        let old = Self::load(path)?;
        let new = Self::make(path)?;
        Ok(Rotation {
            old,
            new,
            _lock: lock,
        })
    }

    /// What tells keys apart and gives nothing of them away: 16 hexadecimal digits.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let mut mac = self.mac();
        mac.update(b"wasm-runner fingerprint");
        hex::encode(&mac.finalize().into_bytes()[..8])
    }

    pub(crate) fn mac(&self) -> Hmac<Sha256> {
        <Hmac<Sha256> as KeyInit>::new_from_slice(&self.0).expect("HMAC takes keys of any length")
    }

    /// Makes a new key in this place; to be called with the lock.
    fn make(path: &Path) -> Result<Self, SandboxError> {
        let made = (|| {
            let folder = path.parent().unwrap_or(Path::new("."));
            let temporary = path.with_extension(NEW);
            remove_left_over(&temporary)?;
            let mut key = [0; 32];
            getrandom::fill(&mut key).map_err(io::Error::other)?;
            let mut file = OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(&temporary)?;
            file.write_all(&key)?;
            file.sync_all()?;
            fs::rename(&temporary, path)?;
            // So that a crash of the machine can't bring the old key back.
            File::open(folder)?.sync_all()?;
            Ok(Self(key))
        })();
        made.map_err(|error| failed(path, &error))
    }

    fn read(path: &Path) -> io::Result<Result<Self, SandboxError>> {
        let wrong = |reason: String, remedy| {
            Ok(Err(SandboxError::File {
                path: path.to_owned(),
                reason,
                remedy,
            }))
        };
        let mut file = fs::File::open(path)?;
        let mode = file.metadata()?.permissions().mode();
        if mode & 0o077 != 0 {
            return wrong(
                format!(
                    "others may use the installation's key (mode {:o})",
                    mode & 0o777
                ),
                "remove it if it may be known to others, else chmod 600",
            );
        }
        let mut bytes = Vec::new();
        Read::by_ref(&mut file).take(33).read_to_end(&mut bytes)?;
        match bytes.try_into() {
            Ok(key) => Ok(Ok(Self(key))),
            Err(_) => wrong(
                "the installation's key has not 32 bytes".to_owned(),
                "remove the file: a new key is made, and compiled code is compiled again",
            ),
        }
    }
}

/// A new key, and the one before it. Until this is dropped no other is made.
#[derive(Debug)]
pub struct Rotation {
    /// What code was signed with so far; none where there was no key.
    pub old: Option<InstallationKey>,
    /// What it is signed with from now on.
    pub new: InstallationKey,
    _lock: File,
}

/// The ending of a key that is not in its place yet.
const NEW: &str = "new";

fn failed(path: &Path, error: &io::Error) -> SandboxError {
    SandboxError::File {
        path: path.to_owned(),
        reason: format!("the installation's key can't be read or made: {error}"),
        remedy: "see that its folder exists and may be written",
    }
}

/// Who makes keys here, one at a time. A lock ends with its process, however that ends.
fn lock(path: &Path) -> Result<File, SandboxError> {
    let locked = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path.with_extension("lock"))
        .and_then(|file| file.lock().map(|()| file));
    locked.map_err(|error| failed(path, &error))
}

/// What a process left that was ended while it made a key; to be called with the lock.
fn remove_left_over(temporary: &Path) -> io::Result<()> {
    match fs::remove_file(temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

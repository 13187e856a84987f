//! What an operator does to a data folder while no service has it, or beside one.

use super::data::DataDir;
use crate::ServerError;
use policies::Bytes;
use runtime::{CodeCache, InstallationKey, Swept};
use std::path::Path;

/// A new key for an installation.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct NewKey {
    /// The fingerprint of the key before; none where there was none.
    pub old: Option<String>,
    /// The fingerprint of the new one.
    pub new: String,
    /// Entries of compiled code that were signed again.
    pub signed_again: u64,
}

/// The fingerprint of the key that compiled code is signed with; none where there is no key yet.
///
/// # Errors
/// When the key can't be read, or others may read it.
pub fn key_fingerprint(data_dir: &Path) -> Result<Option<String>, ServerError> {
    let key = InstallationKey::load(&DataDir::key_in(data_dir))?;
    Ok(key.map(|key| key.fingerprint()))
}

/// Whether a service has this data folder now.
pub fn is_served(data_dir: &Path) -> bool {
    DataDir::is_taken(data_dir)
}

/// Makes a new key. Code that was signed with the old one is compiled again, unless it is to be
/// signed again: then it is, where the old key signed it. A service that is running goes on with
/// the old key until its next start.
///
/// # Errors
/// When the key or the compiled code can't be read or written.
pub fn rotate_key(data_dir: &Path, sign_again: bool) -> Result<NewKey, ServerError> {
    let rotation = InstallationKey::rotate(&DataDir::key_in(data_dir))?;
    let mut signed_again = 0;
    if sign_again && let Some(old) = &rotation.old {
        let folder = DataDir::cache_in(data_dir);
        signed_again = CodeCache::new(&folder)
            .sign_again(old, &rotation.new)
            .map_err(|source| ServerError::DataDir {
                path: folder,
                source,
            })?;
    }
    Ok(NewKey {
        old: rotation.old.as_ref().map(InstallationKey::fingerprint),
        new: rotation.new.fingerprint(),
        signed_again,
    })
}

/// Removes compiled code that the present key did not sign, and then what was not used for
/// longest, until at most so many bytes are left.
///
/// # Errors
/// When a service has the data folder (it sweeps at its start), or something can't be read or
/// removed.
pub fn sweep_cache(data_dir: &Path, most: Bytes) -> Result<Swept, ServerError> {
    let data = DataDir::take(data_dir)?;
    let key = InstallationKey::load_or_create(&data.key())?;
    let folder = data.cache();
    let swept = CodeCache::new(&folder).sweep(&key, most);
    swept.map_err(|source| ServerError::DataDir {
        path: folder,
        source,
    })
}

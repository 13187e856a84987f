//! What is done about an alert without a person, where that is safe and the operator asked for it.
//!
//! ```text
//!  Alertmanager ─▶ endpoint ─▶ alerts ─▶ actions ─▶ circuits   calls of one tool are refused for a while
//!                  secret                        └▶ shutdown   this host drains, and who runs it starts it
//! ```
//!
//! Off unless it is given an address and a secret. Only alerts that the operator named do anything, and
//! nothing that they do loses what was answered. Whatever is done, and whatever is not and why, is told
//! to who asked, counted, and logged as `remediation`.

mod actions;
mod alerts;
mod circuits;
mod endpoint;

pub(crate) use actions::Remedies;
pub(crate) use circuits::Circuits;
pub(crate) use endpoint::serve;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The shortest secret.
const SHORTEST: usize = 16;
/// The longest file that is read for one.
const LONGEST: u64 = 4096;

/// What is done about which alerts.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Remediation {
    /// Where Alertmanager's webhook comes in; port 0 takes a free one.
    pub listen: SocketAddr,
    /// What whoever asks has to know.
    pub secret: Secret,
    /// Names of alerts that open the circuit of the tool in their label `tool`. Default: none.
    pub open_circuit_on: Vec<String>,
    /// How long a circuit stays open. Default: 10 min.
    pub circuit_time: Duration,
    /// Names of alerts that drain this host, if they began after it did and name it. Default: none.
    pub drain_on: Vec<String>,
    /// What alerts call this host, in their label `instance` or `pod`. Default: empty, which no alert
    /// says.
    pub name: String,
}

impl Remediation {
    /// Nothing is done until alerts are named.
    pub fn new(listen: SocketAddr, secret: Secret) -> Self {
        Self {
            listen,
            secret,
            open_circuit_on: Vec::new(),
            circuit_time: Duration::from_mins(10),
            drain_on: Vec::new(),
            name: String::new(),
        }
    }
}

/// What only those know who may ask.
#[derive(Clone)]
pub struct Secret(runtime::Digest);

/// Why there is no secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SecretError {
    /// The file can't be read.
    #[error(
        "the secret {} can't be read: {source}; put one there that Alertmanager sends, such as `openssl rand -hex 32` writes",
        path.display()
    )]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// What is in it could be guessed.
    #[error(
        "the secret {} has {bytes} bytes, which could be guessed; write at least {SHORTEST}, such as `openssl rand -hex 32` does",
        path.display()
    )]
    Short {
        /// The file.
        path: PathBuf,
        /// Bytes in it, without white space around them.
        bytes: usize,
    },
}

impl Secret {
    /// Reads one from a file; white space around it is none of it.
    ///
    /// # Errors
    /// When the file can't be read, or what is in it is short of 16 bytes.
    pub fn load(path: &Path) -> Result<Self, SecretError> {
        use std::io::Read as _;
        let mut text = Vec::new();
        std::fs::File::open(path)
            .and_then(|file| file.take(LONGEST).read_to_end(&mut text))
            .map_err(|source| SecretError::Unreadable {
                path: path.to_owned(),
                source,
            })?;
        let secret = text.trim_ascii();
        if secret.len() < SHORTEST {
            return Err(SecretError::Short {
                path: path.to_owned(),
                bytes: secret.len(),
            });
        }
        Ok(Self(runtime::Digest::of(secret)))
    }

    /// Whether this is it. What is compared are digests: how long it takes tells nothing of the secret.
    fn is(&self, given: &[u8]) -> bool {
        runtime::Digest::of(given) == self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_has_sixteen_bytes_at_least_and_is_compared_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        let missing = Secret::load(&path).unwrap_err().to_string();
        assert!(
            missing.contains("can't be read") && missing.contains("openssl rand"),
            "{missing}"
        );
        std::fs::write(&path, " 123456789012345\n").unwrap();
        let short = Secret::load(&path).unwrap_err().to_string();
        assert!(short.contains("has 15 bytes"), "{short}");
        std::fs::write(&path, " 1234567890123456\n").unwrap();
        let secret = Secret::load(&path).unwrap();
        assert!(secret.is(b"1234567890123456"));
        for wrong in [
            &b""[..],
            b"123456789012345",
            b"12345678901234567",
            b" 1234567890123456\n",
        ] {
            assert!(!secret.is(wrong));
        }
        assert_eq!(format!("{secret:?}"), "Secret(..)");
    }
}

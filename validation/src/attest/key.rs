//! The installation's key for statements about modules.

use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// A key file longer than this is none.
const MAX_BYTES: u64 = 4096;

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
#[error("{}: {reason}; {remedy}", path.display())]
pub struct KeyError {
    path: PathBuf,
    reason: String,
    remedy: &'static str,
}

/// The secret half: an Ed25519 key in a file that only its owner can read (PKCS #8, PEM).
///
/// It is another one than the key that signs compiled code: that one is shared with nobody and
/// checked by nobody else, this one has a public half.
pub struct AttestationKey(SigningKey);

impl std::fmt::Debug for AttestationKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AttestationKey({})", self.public().id())
    }
}

impl AttestationKey {
    /// The name of its file in an installation's folder.
    pub const FILE: &'static str = "attestation.key";

    /// Reads the key, or makes one that only this user can read.
    ///
    /// # Errors
    /// When the file can't be read or made, others may use it, or it holds no key.
    pub fn load_or_create(path: &Path) -> Result<Self, KeyError> {
        match Self::load(path)? {
            Some(key) => Ok(key),
            None => Self::create(path),
        }
    }

    /// Reads the key, if there is one.
    ///
    /// # Errors
    /// When the file can't be read, others may use it, or it holds no key.
    pub fn load(path: &Path) -> Result<Option<Self>, KeyError> {
        let file = match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unusable(path, &error)),
            Ok(file) => file,
        };
        let wrong = |reason: String, remedy| KeyError {
            path: path.to_owned(),
            reason,
            remedy,
        };
        let metadata = file.metadata().map_err(|error| unusable(path, &error))?;
        let mode = metadata.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(wrong(
                format!(
                    "others may use the attestation key (mode {:o})",
                    mode & 0o777
                ),
                "remove it if it may be known to others, else chmod 600",
            ));
        }
        let mut pem = String::new();
        file.take(MAX_BYTES)
            .read_to_string(&mut pem)
            .map_err(|error| unusable(path, &error))?;
        let key = SigningKey::from_pkcs8_pem(&pem).map_err(|_| {
            wrong(
                "it holds no Ed25519 key in PKCS #8 PEM form".to_owned(),
                "put the key back, or remove the file: a new key is made, and what the old one \
                 signed is verified with its public key only",
            )
        })?;
        Ok(Some(Self(key)))
    }

    fn create(path: &Path) -> Result<Self, KeyError> {
        let failed = |error: &io::Error| unusable(path, error);
        let mut seed = [0; ed25519_dalek::SECRET_KEY_LENGTH];
        getrandom::fill(&mut seed).map_err(|error| failed(&io::Error::other(error)))?;
        let key = Self(SigningKey::from_bytes(&seed));
        let pem = key
            .0
            .to_pkcs8_pem(LineEnding::LF)
            .map_err(|error| failed(&io::Error::other(error.to_string())))?;
        let folder = path.parent().unwrap_or(Path::new("."));
        let mut file = tempfile::Builder::new()
            .prefix(".attestation-")
            .permissions(PermissionsExt::from_mode(0o600))
            .tempfile_in(folder)
            .map_err(|error| failed(&error))?;
        file.write_all(pem.as_bytes())
            .and_then(|()| file.as_file().sync_all())
            .map_err(|error| failed(&error))?;
        // Never over another: of two that start at once, the second takes the first's key.
        match file.persist_noclobber(path) {
            Ok(_) => Ok(key),
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {
                Self::load(path)?.ok_or_else(|| failed(&io::ErrorKind::NotFound.into()))
            }
            Err(error) => Err(failed(&error.error)),
        }
    }

    /// The half that others verify with.
    pub fn public(&self) -> AttestationPublicKey {
        AttestationPublicKey(self.0.verifying_key())
    }

    pub(super) fn sign(&self, bytes: &[u8]) -> Signature {
        self.0.sign(bytes)
    }
}

fn unusable(path: &Path, error: &io::Error) -> KeyError {
    KeyError {
        path: path.to_owned(),
        reason: format!("the attestation key can't be read or made: {error}"),
        remedy: "see that its folder exists and that you may use it",
    }
}

/// The public half.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttestationPublicKey(VerifyingKey);

impl AttestationPublicKey {
    /// Reads a public key in the form that `openssl pkey -pubout` writes.
    ///
    /// # Errors
    /// When the file can't be read, or holds no public Ed25519 key.
    pub fn load(path: &Path) -> Result<Self, KeyError> {
        let wrong = |reason: String| KeyError {
            path: path.to_owned(),
            reason,
            remedy: "give a public Ed25519 key as PEM: `wasm-runner verify --print-key` prints one",
        };
        let mut pem = String::new();
        File::open(path)
            .and_then(|file| file.take(MAX_BYTES).read_to_string(&mut pem))
            .map_err(|error| wrong(error.to_string()))?;
        Self::from_pem(&pem)
            .ok_or_else(|| wrong("it holds no public Ed25519 key in PEM form".to_owned()))
    }

    /// The same from its text.
    pub fn from_pem(pem: &str) -> Option<Self> {
        VerifyingKey::from_public_key_pem(pem.trim_end())
            .ok()
            .filter(|key| !key.is_weak())
            .map(Self)
    }

    /// As PEM (SubjectPublicKeyInfo).
    pub fn to_pem(&self) -> String {
        let pem = self.0.to_public_key_pem(LineEnding::LF);
        pem.expect("a key of 32 bytes has a form")
    }

    /// What it is called: the SHA-256 of its DER form, in hex.
    pub fn id(&self) -> String {
        let der = self.0.to_public_key_der();
        let der = der.expect("a key of 32 bytes has a form");
        hex::encode(Sha256::digest(der.as_bytes()))
    }

    pub(super) fn verifies(&self, bytes: &[u8], signature: &[u8]) -> bool {
        let signature = Signature::from_slice(signature);
        signature.is_ok_and(|signature| self.0.verify_strict(bytes, &signature).is_ok())
    }
}

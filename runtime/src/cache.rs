//! Compiled code on disk, believed only when this installation signed it.

use crate::{Digest, SandboxError};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fs::{self, OpenOptions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use wasmtime::component::Component;
use wasmtime::{Engine, Module};

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
        let failed = |error: &io::Error| SandboxError::File {
            path: path.to_owned(),
            reason: format!("the installation's key can't be read or made: {error}"),
            remedy: "see that its folder exists and may be written",
        };
        match Self::read(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(&error)),
            Ok(result) => return result,
        }
        let mut key = [0; 32];
        getrandom::fill(&mut key).map_err(|error| failed(&io::Error::other(error)))?;
        // A name of its own for each that tries: what another one makes is not ours to remove.
        let mut name = [0; 8];
        getrandom::fill(&mut name).map_err(|error| failed(&io::Error::other(error)))?;
        let temporary = path.with_extension(format!("{}.new", hex::encode(name)));
        let written = (|| {
            let mut file = OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(&temporary)?;
            file.write_all(&key)?;
            file.sync_all()?;
            // A link, not a rename: of two that start at once, the second takes the first's key.
            fs::hard_link(&temporary, path)
        })();
        let _ = fs::remove_file(&temporary);
        match written {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(failed(&error)),
            _ => Self::read(path).map_err(|error| failed(&error))?,
        }
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

/// What can be compiled: a module or a component.
pub(crate) trait Code: Sized {
    /// How its files end. Signed with the code, so that none passes for the other.
    const KIND: &str;

    fn serialize(&self) -> wasmtime::Result<Vec<u8>>;

    /// # Safety
    /// The bytes are what `serialize` of this kind gave, unchanged.
    #[allow(unsafe_code, reason = "as wasmtime's functions of that name")]
    unsafe fn deserialize(engine: &Engine, code: &[u8]) -> wasmtime::Result<Self>;
}

macro_rules! code {
    ($type:ident, $kind:literal) => {
        impl Code for $type {
            const KIND: &str = $kind;

            fn serialize(&self) -> wasmtime::Result<Vec<u8>> {
                $type::serialize(self)
            }

            #[allow(unsafe_code, reason = "as wasmtime's functions of that name")]
            unsafe fn deserialize(engine: &Engine, code: &[u8]) -> wasmtime::Result<Self> {
                // SAFETY: the caller's promise is the one that is asked for here.
                unsafe { $type::deserialize(engine, code) }
            }
        }
    };
}

code!(Module, "code");
code!(Component, "component");

/// The folder of compiled code, as one engine sees it.
#[derive(Clone, Debug)]
pub(crate) struct Cache {
    folder: PathBuf,
    key: InstallationKey,
    /// Of the engine's version, settings and processor: code for another is not even looked at.
    engine: String,
}

const MAGIC: &[u8; 8] = b"wr-code2";
const HEADER: usize = MAGIC.len() + 32;
/// Of the module's size, which comes before the code and is signed with it.
const SIZE: usize = size_of::<u64>();

impl Cache {
    pub(crate) fn new(folder: &Path, key: InstallationKey, engine: &Engine) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let mut hasher = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        Ok(Self {
            folder: folder.to_owned(),
            key,
            engine: format!("{:016x}", hasher.finish()),
        })
    }

    fn path(&self, digest: &Digest, kind: &str) -> PathBuf {
        self.folder.join(format!("{digest}-{}.{kind}", self.engine))
    }

    fn mac(&self, digest: &Digest, kind: &str, size: [u8; SIZE], code: &[u8]) -> Hmac<Sha256> {
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&self.key.0)
            .expect("HMAC takes keys of any length");
        mac.update(MAGIC);
        mac.update(digest.as_bytes());
        mac.update(self.engine.as_bytes());
        mac.update(kind.as_bytes());
        mac.update(&size);
        mac.update(code);
        mac
    }

    /// The compiled code and the size of what it was compiled from, if there is one that this
    /// installation signed. Anything else there is logged, and the caller compiles again.
    pub(crate) fn get<C: Code>(&self, engine: &Engine, digest: &Digest) -> Option<(C, u64)> {
        let path = self.path(digest, C::KIND);
        let bytes = fs::read(&path).ok()?;
        let refuse = |reason: &str| {
            tracing::warn!(path = %path.display(), reason, "compiled code refused; compiling again");
        };
        let parts = bytes.split_at_checked(HEADER);
        let Some((header, (size, code))) =
            parts.and_then(|(header, rest)| Some((header, rest.split_first_chunk::<SIZE>()?)))
        else {
            refuse("it is too short");
            return None;
        };
        let (magic, tag) = header.split_at(MAGIC.len());
        if magic != MAGIC
            || self
                .mac(digest, C::KIND, *size, code)
                .verify_slice(tag)
                .is_err()
        {
            refuse("its signature does not hold");
            return None;
        }
        // SAFETY: `deserialize` asks that the bytes come from `serialize`, unchanged. The HMAC just
        // verified proves that this installation wrote them for this digest, kind and engine, and
        // `bytes` is our own copy, which no one can change between the check and the use.
        #[allow(
            unsafe_code,
            reason = "the only way to load precompiled code; see SAFETY"
        )]
        let code = unsafe { C::deserialize(engine, code) };
        let code = code.map_err(|error| refuse(&format!("{error:#}"))).ok()?;
        Some((code, u64::from_le_bytes(*size)))
    }

    /// Keeps compiled code. A failure costs only time at the next start, so it is only logged.
    pub(crate) fn put<C: Code>(&self, digest: &Digest, size: u64, code: &C) {
        if let Err(error) = self.write(digest, size.to_le_bytes(), code) {
            tracing::warn!(%digest, "compiled code could not be kept: {error:#}");
        }
    }

    fn write<C: Code>(&self, digest: &Digest, size: [u8; SIZE], code: &C) -> wasmtime::Result<()> {
        let code = code.serialize()?;
        let mut random = [0; 8];
        getrandom::fill(&mut random)?;
        let temporary = self.folder.join(format!(".{}.new", hex::encode(random)));
        let written = (|| {
            let mut file = OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(&temporary)?;
            file.write_all(MAGIC)?;
            file.write_all(
                &self
                    .mac(digest, C::KIND, size, &code)
                    .finalize()
                    .into_bytes(),
            )?;
            file.write_all(&size)?;
            file.write_all(&code)?;
            // No sync: what a crash of the machine leaves half-written has no valid signature.
            fs::rename(&temporary, self.path(digest, C::KIND))
        })();
        if written.is_err() {
            let _ = fs::remove_file(&temporary);
        }
        Ok(written?)
    }
}

//! Compiled code on disk, believed only when this installation signed it.

use crate::entry::{self, Entry};
use crate::{CodeCache, Digest, InstallationKey, Swept};
use policies::Bytes;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;
use wasmtime::component::Component;
use wasmtime::{Engine, Module};

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
    ($type:ident, $kind:expr) => {
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

code!(Module, entry::MODULE);
code!(Component, entry::COMPONENT);

/// The folder of compiled code, as one engine sees it.
#[derive(Clone, Debug)]
pub(crate) struct Cache {
    folder: PathBuf,
    key: InstallationKey,
    /// Of the engine's version, settings and processor: code for another is not even looked at.
    engine: String,
    /// What was loaded or kept since the start: no sweep of ours removes it.
    used: Arc<Mutex<BTreeSet<Digest>>>,
}

impl Cache {
    pub(crate) fn new(folder: &Path, key: InstallationKey, engine: &Engine) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let mut hasher = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        Ok(Self {
            folder: folder.to_owned(),
            key,
            engine: format!("{:016x}", hasher.finish()),
            used: Arc::default(),
        })
    }

    fn path(&self, digest: &Digest, kind: &str) -> PathBuf {
        self.folder.join(entry::name(digest, &self.engine, kind))
    }

    fn note_use(&self, digest: Digest) {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.insert(digest);
    }

    /// Removes what is not signed with our key, and, beyond so many bytes, what was not used for
    /// longest; nothing that was used since the start.
    ///
    /// # Errors
    /// When the folder can't be read.
    pub(crate) fn sweep(&self, most: Bytes) -> io::Result<Swept> {
        CodeCache::new(&self.folder).sweep_but(&self.key, most, |digest| {
            let used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
            used.contains(digest)
        })
    }

    /// The compiled code and the size of what it was compiled from, if there is one that this
    /// installation signed. Anything else there is logged, and the caller compiles again.
    pub(crate) fn get<C: Code>(&self, engine: &Engine, digest: &Digest) -> Option<(C, u64)> {
        let path = self.path(digest, C::KIND);
        let mut file = File::open(&path).ok()?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).ok()?;
        let refuse = |reason: &str| {
            tracing::warn!(path = %path.display(), reason, "compiled code refused; compiling again");
        };
        let Some(entry) = Entry::parse(&bytes) else {
            refuse("it is too short");
            return None;
        };
        let signed_for = entry::For {
            digest,
            engine: &self.engine,
            kind: C::KIND,
        };
        if !entry.is_signed(&self.key, &signed_for) {
            refuse("its signature does not hold");
            return None;
        }
        let code = entry.code;
        // SAFETY: `deserialize` asks that the bytes come from `serialize`, unchanged. The HMAC just
        // verified proves that this installation wrote them for this digest, kind and engine, and
        // `bytes` is our own copy, which no one can change between the check and the use.
        #[allow(
            unsafe_code,
            reason = "the only way to load precompiled code; see SAFETY"
        )]
        let code = unsafe { C::deserialize(engine, code) };
        let code = code.map_err(|error| refuse(&format!("{error:#}"))).ok()?;
        self.note_use(*digest);
        // What a sweep goes by. A failure makes it go earlier, which costs time only.
        let _ = file.set_modified(SystemTime::now());
        Some((code, entry.module_bytes()))
    }

    /// Keeps compiled code. A failure costs only time at the next start, so it is only logged.
    pub(crate) fn put<C: Code>(&self, digest: &Digest, size: u64, code: &C) {
        self.note_use(*digest);
        let signed_for = entry::For {
            digest,
            engine: &self.engine,
            kind: C::KIND,
        };
        let kept = code.serialize().and_then(|code| {
            let content = entry::signed(&self.key, &signed_for, size, &code);
            Ok(entry::write(&self.path(digest, C::KIND), &content)?)
        });
        if let Err(error) = kept {
            tracing::warn!(%digest, "compiled code could not be kept: {error:#}");
        }
    }
}

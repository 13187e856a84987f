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
use wasmtime::{Engine, Module};

/// The folder of compiled code.
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

    fn path(&self, digest: &Digest) -> PathBuf {
        self.folder.join(entry::name(digest, &self.engine))
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

    /// The compiled module and the size of what it was compiled from, if there is one that this
    /// installation signed. Anything else there is logged, and the caller compiles again.
    pub(crate) fn get(&self, engine: &Engine, digest: &Digest) -> Option<(Module, u64)> {
        let path = self.path(digest);
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
        if !entry.is_signed(&self.key, digest, &self.engine) {
            refuse("its signature does not hold");
            return None;
        }
        let code = entry.code;
        // SAFETY: `deserialize` asks that the bytes come from `Module::serialize`, unchanged. The
        // HMAC just verified proves that this installation wrote them for this digest and engine,
        // and `bytes` is our own copy, which no one can change between the check and the use.
        #[allow(
            unsafe_code,
            reason = "the only way to load precompiled code; see SAFETY"
        )]
        let module = unsafe { Module::deserialize(engine, code) };
        let module = module.map_err(|error| refuse(&format!("{error:#}"))).ok()?;
        self.note_use(*digest);
        // What a sweep goes by. A failure makes it go earlier, which costs time only.
        let _ = file.set_modified(SystemTime::now());
        Some((module, entry.module_bytes()))
    }

    /// Keeps a compiled module. A failure costs only time at the next start, so it is only logged.
    pub(crate) fn put(&self, digest: &Digest, size: u64, module: &Module) {
        self.note_use(*digest);
        let kept = module.serialize().and_then(|code| {
            let content = entry::signed(&self.key, digest, &self.engine, size, &code);
            Ok(entry::write(&self.path(digest), &content)?)
        });
        if let Err(error) = kept {
            tracing::warn!(%digest, "compiled code could not be kept: {error:#}");
        }
    }
}

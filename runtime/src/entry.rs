//! The form of compiled code on disk: a mark, a signature, the module's size, the code.

use crate::{Digest, InstallationKey};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

const MAGIC: &[u8; 8] = b"wr-code2";
/// Of a signature (HMAC-SHA-256), in bytes.
const TAG: usize = 32;
/// Of the module's size, which comes before the code and is signed with it.
const SIZE: usize = size_of::<u64>();
/// What entries with a module's code end with.
pub(crate) const MODULE: &str = "code";
/// What entries with a component's code end with.
pub(crate) const COMPONENT: &str = "component";
/// What those end with that are not in their place yet.
pub(crate) const NEW: &str = ".new";

/// What compiled code is signed for, and named by: no entry passes for another's.
pub(crate) struct For<'a> {
    pub(crate) digest: &'a Digest,
    pub(crate) engine: &'a str,
    /// [`MODULE`] or [`COMPONENT`].
    pub(crate) kind: &'a str,
}

/// An entry, read and not yet believed.
pub(crate) struct Entry<'a> {
    tag: &'a [u8],
    size: [u8; SIZE],
    pub(crate) code: &'a [u8],
}

impl<'a> Entry<'a> {
    /// `None` for what is too short or has not the mark.
    pub(crate) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let rest = bytes.strip_prefix(MAGIC.as_slice())?;
        let (tag, rest) = rest.split_at_checked(TAG)?;
        let (size, code) = rest.split_first_chunk::<SIZE>()?;
        Some(Self {
            tag,
            size: *size,
            code,
        })
    }

    /// Whether this key signed it for that.
    pub(crate) fn is_signed(&self, key: &InstallationKey, signed_for: &For<'_>) -> bool {
        let mac = mac(key, signed_for, self.size, self.code);
        mac.verify_slice(self.tag).is_ok()
    }

    /// The size of the module that was compiled.
    pub(crate) fn module_bytes(&self) -> u64 {
        u64::from_le_bytes(self.size)
    }
}

/// An entry's content.
pub(crate) fn signed(
    key: &InstallationKey,
    signed_for: &For<'_>,
    module_bytes: u64,
    code: &[u8],
) -> Vec<u8> {
    let size = module_bytes.to_le_bytes();
    let tag = mac(key, signed_for, size, code).finalize().into_bytes();
    [MAGIC.as_slice(), &tag, &size, code].concat()
}

fn mac(key: &InstallationKey, signed_for: &For<'_>, size: [u8; SIZE], code: &[u8]) -> Hmac<Sha256> {
    let mut mac = key.mac();
    mac.update(MAGIC);
    mac.update(signed_for.digest.as_bytes());
    mac.update(signed_for.engine.as_bytes());
    mac.update(signed_for.kind.as_bytes());
    mac.update(&size);
    mac.update(code);
    mac
}

/// The file name of compiled code for an engine.
pub(crate) fn name(digest: &Digest, engine: &str, kind: &str) -> String {
    format!("{digest}-{engine}.{kind}")
}

/// What a file name says: digest, engine and kind.
pub(crate) fn parse_name(name: &str) -> Option<(Digest, &str, &str)> {
    let (name, kind) = name.rsplit_once('.')?;
    if ![MODULE, COMPONENT].contains(&kind) {
        return None;
    }
    let (digest, engine) = name.split_once('-')?;
    Some((digest.parse().ok()?, engine, kind))
}

/// Writes an entry as a whole or not at all.
pub(crate) fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(io::Error::other)?;
    let temporary = path.with_file_name(format!(".{}{NEW}", hex::encode(random)));
    let written = (|| {
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&temporary)?;
        file.write_all(content)?;
        // No sync: what a crash of the machine leaves half-written has no valid signature.
        fs::rename(&temporary, path)
    })();
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written
}
